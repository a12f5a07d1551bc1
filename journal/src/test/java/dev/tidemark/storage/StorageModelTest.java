package dev.tidemark.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.Storage.Mode;
import dev.tidemark.storage.sim.SimStorage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random calls on one file, side by side with a plain array. */
class StorageModelTest {
    private static final int MAX_SIZE = 40_000;

    @TempDir
    Path folder;

    private record Step(int kind, int offset, int length, byte fill) {}

    @Test
    void shouldBehaveAsAnArrayOnDisk() throws IOException {
        try (DiskStorage storage = new DiskStorage(folder)) {
            for (long seed = 1; seed <= 40; seed++) {
                check(seed, storage);
            }
        }
    }

    @Test
    void shouldBehaveAsAnArrayInMemory() {
        for (long seed = 1; seed <= 300; seed++) {
            check(seed, new SimStorage(seed));
        }
    }

    private static void check(long seed, Storage storage) {
        Random random = new Random(seed);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            int length = random.nextInt(4) == 0 ? random.nextInt(MAX_SIZE / 2) : random.nextInt(1500);
            steps.add(new Step(random.nextInt(7), random.nextInt(MAX_SIZE / 2), length, (byte) random.nextInt()));
        }
        if (difference(steps, storage) != null) {
            List<Step> shortest = Shrinking.shrink(steps, some -> difference(some, storage) != null);
            assertThat(difference(shortest, storage))
                    .as("seed %d, steps %s", seed, shortest)
                    .isNull();
        }
    }

    /** Runs the steps on a new file; says what differed, or null. */
    private static String difference(List<Step> steps, Storage storage) {
        try {
            if (storage.exists("f")) {
                storage.delete("f");
            }
            try (StorageFile file = storage.open("f", Mode.CREATE_NEW)) {
                byte[] model = {};
                ByteBuffer read = ByteBuffer.allocateDirect(MAX_SIZE * 2);
                for (Step step : steps) {
                    model = run(step, file, model);
                    if (file.size() != model.length) {
                        return step + ": size " + file.size() + " instead of " + model.length;
                    }
                    file.read(0, read.clear());
                    int mismatch = read.flip().mismatch(ByteBuffer.wrap(model));
                    if (mismatch >= 0) {
                        return step + ": differs at " + mismatch;
                    }
                }
                return null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] run(Step step, StorageFile file, byte[] before) throws IOException {
        int end = step.offset + step.length;
        switch (step.kind) {
            case 0 -> {
                file.truncate(step.offset);
                return Arrays.copyOf(before, step.offset);
            }
            case 1 -> {
                file.preallocate(step.offset, step.length);
                byte[] after = step.length == 0 ? before : Arrays.copyOf(before, Math.max(before.length, end));
                Arrays.fill(after, Math.min(step.offset, after.length), Math.min(end, after.length), (byte) 0);
                return after;
            }
            case 2 -> {
                file.deallocate(step.offset, step.length);
                int to = Math.min(end, before.length);
                if (step.offset < to) {
                    ByteBuffer range = ByteBuffer.allocate(to - step.offset);
                    file.read(step.offset, range);
                    if (Arrays.equals(range.array(), new byte[range.capacity()])) {
                        Arrays.fill(before, step.offset, to, (byte) 0);
                    }
                }
                return before;
            }
            case 3 -> {
                file.force();
                return before;
            }
            default -> {
                byte[] bytes = new byte[step.length];
                Arrays.fill(bytes, step.fill);
                ByteBuffer buffer = step.kind == 4 ? ByteBuffer.wrap(bytes) : ByteBuffer.allocateDirect(step.length);
                file.write(step.offset, buffer.duplicate().put(bytes).flip());
                byte[] after = step.length == 0 ? before : Arrays.copyOf(before, Math.max(before.length, end));
                System.arraycopy(bytes, 0, after, Math.min(step.offset, after.length), step.length);
                return after;
            }
        }
    }
}
