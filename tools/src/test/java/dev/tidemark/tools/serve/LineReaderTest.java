package dev.tidemark.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class LineReaderTest {
    private static final int MAX = 40;

    @Test
    void shouldFindTheSameLinesHoweverTheBytesCome() throws IOException {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        for (int run = 0; run < 2000; run++) {
            List<String> lines = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(8); i > 0; i--) {
                String line = "aé".repeat(random.nextInt(MAX / 3 + 1));
                lines.add(line);
                text.append(line).append('\n');
            }
            boolean cut = random.nextBoolean();
            byte[] bytes = (cut ? text + "rest" : text.toString()).getBytes(StandardCharsets.UTF_8);
            LineReader reader = new LineReader(new Pieces(bytes, random), MAX);
            for (String line : lines) {
                assertThat(reader.next()).as("seed " + seed).isEqualTo(line);
            }
            assertThat(reader.next()).isNull();
            assertThat(reader.trouble()).isEqualTo(cut ? LineReader.Trouble.CUT : LineReader.Trouble.END);
        }
    }

    @Test
    void shouldTakeALineOfTheLargestSizeAndNoLonger() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        String longest = "b".repeat(MAX);
        LineReader reader = new LineReader(new Pieces((longest + "\n").getBytes(StandardCharsets.UTF_8), random), MAX);
        assertThat(reader.next()).isEqualTo(longest);
        for (String tooLong : List.of(longest + "b\n", longest + "b")) {
            reader = new LineReader(new Pieces(tooLong.getBytes(StandardCharsets.UTF_8), random), MAX);
            assertThat(reader.next()).isNull();
            assertThat(reader.trouble()).isEqualTo(LineReader.Trouble.TOO_LONG);
        }
    }

    @Test
    void shouldRefuseWhatIsNotUtf8AndGoOn() throws IOException {
        byte[] bytes = {(byte) 0xFF, '\n', 'o', 'k', '\n'};
        LineReader reader = new LineReader(new Pieces(bytes, new SplittableRandom(2)), MAX);
        assertThat(reader.next()).isNull();
        assertThat(reader.trouble()).isEqualTo(LineReader.Trouble.NOT_UTF_8);
        assertThat(reader.next()).isEqualTo("ok");
    }

    /** Bytes that come a few at a time. */
    private static final class Pieces implements ReadableByteChannel {
        private final ByteBuffer left;
        private final SplittableRandom random;

        private Pieces(byte[] bytes, SplittableRandom random) {
            this.left = ByteBuffer.wrap(bytes);
            this.random = random;
        }

        @Override
        public int read(ByteBuffer target) {
            if (!left.hasRemaining()) {
                return -1;
            }
            int count = Math.min(Math.min(1 + random.nextInt(9), left.remaining()), target.remaining());
            target.put(left.slice(left.position(), count));
            left.position(left.position() + count);
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
