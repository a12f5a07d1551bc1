package dev.tidemark.tools.serve;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Takes lines of UTF-8 from a channel, each with at most so many bytes. For one thread. */
final class LineReader {
    /** What came instead of a line, where {@link #next} gives null. */
    enum Trouble {
        /** Nothing: the channel ended behind a whole line. */
        END,
        /** The channel ended inside a line. */
        CUT,
        /** The line is too long; what comes next can't be told from it. */
        TOO_LONG,
        /** The line is not UTF-8; the next line can be read. */
        NOT_UTF_8
    }

    private static final int FIRST_BYTES = 4096;

    private final ReadableByteChannel channel;
    private final int maxLineBytes;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    /** Filled up to its position; a line of the largest size and its newline fit. */
    private ByteBuffer buffer = ByteBuffer.allocate(FIRST_BYTES);

    private Trouble trouble;

    LineReader(ReadableByteChannel channel, int maxLineBytes) {
        this.channel = channel;
        this.maxLineBytes = maxLineBytes;
    }

    /** The next line without its newline, or null: see {@link #trouble}. */
    String next() throws IOException {
        int scanned = 0;
        while (true) {
            for (; scanned < buffer.position(); scanned++) {
                if (buffer.get(scanned) == '\n') {
                    return take(scanned);
                }
            }
            if (scanned > maxLineBytes) {
                trouble = Trouble.TOO_LONG;
                return null;
            }
            if (!buffer.hasRemaining()) {
                grow();
            }
            if (channel.read(buffer) < 0) {
                trouble = buffer.position() == 0 ? Trouble.END : Trouble.CUT;
                return null;
            }
        }
    }

    /** Why there was no line. */
    Trouble trouble() {
        return trouble;
    }

    private String take(int length) {
        if (length > maxLineBytes) {
            trouble = Trouble.TOO_LONG;
            return null;
        }
        String line;
        try {
            CharBuffer text = decoder.decode(buffer.duplicate().flip().limit(length));
            line = text.toString();
        } catch (CharacterCodingException e) {
            trouble = Trouble.NOT_UTF_8;
            line = null;
        }
        buffer.flip().position(length + 1);
        buffer.compact();
        return line;
    }

    private void grow() {
        int size = Math.min(2 * buffer.capacity(), maxLineBytes + 1);
        buffer = ByteBuffer.allocate(size).put(buffer.flip());
    }
}
