package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class LongQueueTest {
    @Test
    void shouldKeepOrderWhileItGrowsAndShrinks() {
        LongQueue queue = new LongQueue();
        long small = queue.memoryBytes();
        List<Long> model = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 60_000; i++) {
            boolean growing = i / 10_000 % 2 == 0;
            if (model.isEmpty() || random.nextInt(3) < (growing ? 2 : 1)) {
                queue.add(i);
                model.add((long) i);
            } else {
                assertThat(queue.remove()).isEqualTo(model.remove(0));
            }
            assertThat(queue.size()).isEqualTo(model.size());
            if (!model.isEmpty()) {
                int index = random.nextInt(model.size());
                assertThat(queue.get(index)).isEqualTo(model.get(index));
                queue.set(index, i * 7L);
                model.set(index, i * 7L);
            }
        }
        assertThat(queue.memoryBytes()).isGreaterThan(small);
        while (!queue.isEmpty()) {
            assertThat(queue.remove()).isEqualTo(model.remove(0));
        }
        assertThat(queue.memoryBytes()).isEqualTo(small);
    }

    @Test
    void shouldKeepTheCapacityThatItIsToldTo() {
        LongQueue queue = new LongQueue(1024);
        long kept = 0;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1000; i++) {
                queue.add(i);
            }
            kept = round == 0 ? queue.memoryBytes() : kept;
            while (!queue.isEmpty()) {
                queue.remove();
            }
            assertThat(queue.memoryBytes()).isEqualTo(kept);
        }
    }
}
