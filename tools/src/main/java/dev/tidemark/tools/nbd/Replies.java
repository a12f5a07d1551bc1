package dev.tidemark.tools.nbd;

import static dev.tidemark.tools.nbd.NbdProtocol.OPTION_REPLY_BYTES;
import static dev.tidemark.tools.nbd.NbdProtocol.OPTION_REPLY_MAGIC;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_ERROR;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_ERROR_OFFSET;
import static dev.tidemark.tools.nbd.NbdProtocol.REPLY_FLAG_DONE;
import static dev.tidemark.tools.nbd.NbdProtocol.SIMPLE_REPLY_BYTES;
import static dev.tidemark.tools.nbd.NbdProtocol.SIMPLE_REPLY_MAGIC;
import static dev.tidemark.tools.nbd.NbdProtocol.STRUCTURED_REPLY_BYTES;
import static dev.tidemark.tools.nbd.NbdProtocol.STRUCTURED_REPLY_MAGIC;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The replies of a connection that are not yet on the wire, one after the other, so that one write sends them all.
 *
 * <pre>
 *   0 ......... start ............ end ........... capacity
 *     (sent)          to be sent       room
 * </pre>
 *
 * Whoever adds something has reserved room for it first.
 */
final class Replies {
    /** Room that is enough for any error reply. */
    static final int ERROR_ROOM = 512;

    private static final int MAX_MESSAGE_BYTES = 256;

    private final ByteBuffer own;
    private ByteBuffer buffer;
    private int start;
    private int end;
    private long sentBytes;

    // The larger buffer that is used for the time being, and whose it is; returned once it is empty, when that was
    // said.
    private Consumer<ByteBuffer> lender;
    private boolean returnWhenEmpty;

    Replies(ByteBuffer buffer) {
        own = buffer;
        this.buffer = buffer;
    }

    /** Uses another buffer for the time being; there is nothing to be sent now. */
    void borrow(ByteBuffer larger, Consumer<ByteBuffer> itsLender) {
        giveBack();
        buffer = larger;
        lender = itsLender;
        start = 0;
        end = 0;
    }

    /** Gives a borrowed buffer back as soon as all in it was sent; the lender is called by this thread. */
    void giveBackWhenEmpty() {
        returnWhenEmpty = true;
        if (isEmpty()) {
            giveBack();
        }
    }

    /** Gives a borrowed buffer back at once, with what was not sent. */
    void giveBack() {
        returnWhenEmpty = false;
        if (lender != null) {
            lender.accept(buffer);
            lender = null;
            buffer = own;
            start = 0;
            end = 0;
        }
    }

    int capacity() {
        return buffer.capacity();
    }

    boolean isEmpty() {
        return start == end;
    }

    int pendingBytes() {
        return end - start;
    }

    /** Returns how many bytes the wire has taken so far. */
    long sentBytes() {
        return sentBytes;
    }

    int room() {
        return buffer.capacity() - end;
    }

    /** Makes room at the end, moving what is pending if that is enough; returns whether there is enough now. */
    boolean reserve(int bytes) {
        if (room() >= bytes) {
            return true;
        }
        if (buffer.capacity() - pendingBytes() < bytes) {
            return false;
        }
        buffer.limit(end).position(start);
        buffer.compact();
        end -= start;
        start = 0;
        return true;
    }

    /** Writes what the wire takes now; returns whether that was anything. */
    boolean send(Wire wire) throws IOException {
        if (start == end) {
            return false;
        }
        buffer.limit(end).position(start);
        int written = wire.write(buffer);
        start += written;
        sentBytes += written;
        if (start == end) {
            start = 0;
            end = 0;
            if (returnWhenEmpty) {
                giveBack();
            }
        }
        return written > 0;
    }

    /** Returns the buffer with the next {@code length} bytes between position and limit, to be filled in place. */
    ByteBuffer window(int length) {
        return window(0, length);
    }

    /** As {@link #window(int)}, but leaves {@code skip} bytes in front, for a header that is written afterwards. */
    ByteBuffer window(int skip, int length) {
        buffer.limit(end + skip + length).position(end + skip);
        return buffer;
    }

    /** Adds the next bytes, which were filled in place. */
    void advance(int length) {
        end += length;
    }

    /** Makes the next bytes zero and adds them. */
    void zeros(int length) {
        Zeros.fill(window(length));
        end += length;
    }

    void putShort(int value) {
        buffer.clear().putShort(end, (short) value);
        end += Short.BYTES;
    }

    void putInt(int value) {
        buffer.clear().putInt(end, value);
        end += Integer.BYTES;
    }

    void putLong(long value) {
        buffer.clear().putLong(end, value);
        end += Long.BYTES;
    }

    void putBytes(byte[] bytes) {
        window(bytes.length).put(bytes);
        end += bytes.length;
    }

    /** Overwrites four bytes that were added {@code back} bytes before the end. */
    void patchInt(int back, int value) {
        buffer.clear().putInt(end - back, value);
    }

    /** Takes the last bytes back. */
    void retract(int length) {
        end -= length;
    }

    /** Adds a simple reply's header; a read's data follows it. */
    void simple(long handle, int error) {
        buffer.clear();
        buffer.putInt(end, SIMPLE_REPLY_MAGIC);
        buffer.putInt(end + 4, error);
        buffer.putLong(end + 8, handle);
        end += SIMPLE_REPLY_BYTES;
    }

    /** Adds a structured reply chunk's header; its payload of {@code length} bytes follows. */
    void structured(long handle, int flags, int type, int length) {
        buffer.clear();
        buffer.putInt(end, STRUCTURED_REPLY_MAGIC);
        buffer.putShort(end + 4, (short) flags);
        buffer.putShort(end + 6, (short) type);
        buffer.putLong(end + 8, handle);
        buffer.putInt(end + 16, length);
        end += STRUCTURED_REPLY_BYTES;
    }

    /** Adds an error chunk that ends the reply. Needs {@link #ERROR_ROOM}. */
    void structuredError(long handle, int error, String message) {
        byte[] text = text(message);
        structured(handle, REPLY_FLAG_DONE, REPLY_ERROR, 6 + text.length);
        putInt(error);
        putShort(text.length);
        putBytes(text);
    }

    /** Adds an error chunk that says from where on the data is bad, and ends the reply. Needs {@link #ERROR_ROOM}. */
    void structuredErrorAt(long handle, int error, String message, long offset) {
        byte[] text = text(message);
        structured(handle, REPLY_FLAG_DONE, REPLY_ERROR_OFFSET, 14 + text.length);
        putInt(error);
        putShort(text.length);
        putBytes(text);
        putLong(offset);
    }

    /** Adds the header of a reply to an option; its data of {@code length} bytes follows. */
    void option(int option, int type, int length) {
        buffer.clear();
        buffer.putLong(end, OPTION_REPLY_MAGIC);
        buffer.putInt(end + 8, option);
        buffer.putInt(end + 12, type);
        buffer.putInt(end + 16, length);
        end += OPTION_REPLY_BYTES;
    }

    /** Adds an error reply to an option. Needs {@link #ERROR_ROOM}. */
    void optionError(int option, int type, String message) {
        byte[] text = text(message);
        option(option, type, text.length);
        putBytes(text);
    }

    private static byte[] text(String message) {
        byte[] text = (message == null ? "" : message).getBytes(StandardCharsets.UTF_8);
        if (text.length <= MAX_MESSAGE_BYTES) {
            return text;
        }
        int length = MAX_MESSAGE_BYTES;
        // Not in the middle of a character: what follows the cut must not be a continuation byte.
        while (length > 0 && (text[length] & 0xC0) == 0x80) {
            length--;
        }
        return Arrays.copyOf(text, length);
    }
}
