package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongToIntFunction;

/** A client that does what it is told and checks what the protocol says about the form of replies. */
final class TestClient implements Closeable {
    /** A reply to an option. */
    @SuppressWarnings("ArrayRecordComponent")
    record OptionReply(int option, int type, byte[] data) {
        String text() {
            return new String(data, StandardCharsets.UTF_8);
        }

        ByteBuffer buffer() {
            return ByteBuffer.wrap(data);
        }
    }

    /** A reply to a request: of the simple form with {@code type} -1, or one chunk. */
    @SuppressWarnings("ArrayRecordComponent")
    record Reply(long handle, int type, int flags, int error, byte[] data) {
        ByteBuffer buffer() {
            return ByteBuffer.wrap(data);
        }

        /** The error of whatever form it is. */
        int errno() {
            return type == NbdProtocol.REPLY_ERROR || type == NbdProtocol.REPLY_ERROR_OFFSET
                    ? buffer().getInt()
                    : error;
        }
    }

    final SocketChannel channel;
    boolean structured;
    long exportSize;
    int transmissionFlags;

    TestClient(NbdAddress address) throws IOException {
        channel = SocketChannel.open(address.socketAddress());
    }

    /** Connects, shakes hands with structured replies and base:allocation, and opens the export. */
    static TestClient open(NbdAddress address, String export) throws IOException {
        TestClient client = new TestClient(address);
        client.greet(3);
        client.negotiateStructured();
        client.option(NbdProtocol.OPT_SET_META_CONTEXT, metaContext(export, NbdProtocol.CONTEXT_ALLOCATION));
        client.replies(NbdProtocol.OPT_SET_META_CONTEXT);
        client.go(export);
        return client;
    }

    /** Connects and opens the export with simple replies only. */
    static TestClient openSimple(NbdAddress address, String export) throws IOException {
        TestClient client = new TestClient(address);
        client.greet(3);
        client.go(export);
        return client;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    void send(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    ByteBuffer receive(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new EOFException("after " + bytes.position() + " of " + length + " bytes");
            }
        }
        return bytes.flip();
    }

    /** Returns whether the server closes without another byte. */
    boolean isClosedByServer() throws IOException {
        try {
            return channel.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    void greet(int clientFlags) throws IOException {
        ByteBuffer greeting = receive(18);
        assertThat(greeting.getLong()).isEqualTo(NbdProtocol.GREETING_MAGIC);
        assertThat(greeting.getLong()).isEqualTo(NbdProtocol.OPTION_MAGIC);
        assertThat(greeting.getShort()).isEqualTo((short) 3);
        send(ByteBuffer.allocate(4).putInt(clientFlags).flip());
    }

    void option(int option, byte[] data) throws IOException {
        optionHeader(option, data.length);
        send(ByteBuffer.wrap(data));
    }

    void optionHeader(int option, int length) throws IOException {
        send(ByteBuffer.allocate(16)
                .putLong(NbdProtocol.OPTION_MAGIC)
                .putInt(option)
                .putInt(length)
                .flip());
    }

    OptionReply optionReply() throws IOException {
        ByteBuffer header = receive(20);
        assertThat(header.getLong()).isEqualTo(NbdProtocol.OPTION_REPLY_MAGIC);
        int option = header.getInt();
        int type = header.getInt();
        return new OptionReply(option, type, receive(header.getInt()).array());
    }

    /** Reads replies to an option up to its last one, which is an ACK or an error. */
    List<OptionReply> replies(int option) throws IOException {
        List<OptionReply> replies = new ArrayList<>();
        while (true) {
            OptionReply reply = optionReply();
            assertThat(reply.option()).isEqualTo(option);
            replies.add(reply);
            if (reply.type() == NbdProtocol.REP_ACK || reply.type() < 0) {
                return replies;
            }
        }
    }

    void negotiateStructured() throws IOException {
        option(NbdProtocol.OPT_STRUCTURED_REPLY, new byte[0]);
        assertThat(replies(NbdProtocol.OPT_STRUCTURED_REPLY).get(0).type()).isEqualTo(NbdProtocol.REP_ACK);
        structured = true;
    }

    void go(String export) throws IOException {
        option(NbdProtocol.OPT_GO, info(export));
        List<OptionReply> replies = replies(NbdProtocol.OPT_GO);
        assertThat(replies.get(replies.size() - 1).type())
                .as(replies.get(0).text())
                .isEqualTo(NbdProtocol.REP_ACK);
        ByteBuffer export0 = replies.get(0).buffer();
        assertThat(export0.getShort()).isEqualTo((short) NbdProtocol.INFO_EXPORT);
        exportSize = export0.getLong();
        transmissionFlags = export0.getShort() & 0xFFFF;
    }

    static byte[] info(String export, int... requests) {
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data = ByteBuffer.allocate(6 + name.length + 2 * requests.length);
        data.putInt(name.length).put(name).putShort((short) requests.length);
        for (int request : requests) {
            data.putShort((short) request);
        }
        return data.array();
    }

    static byte[] metaContext(String export, String... queries) {
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        int length = 8 + name.length;
        for (String query : queries) {
            length += 4 + query.length();
        }
        ByteBuffer data = ByteBuffer.allocate(length);
        data.putInt(name.length).put(name).putInt(queries.length);
        for (String query : queries) {
            data.putInt(query.length()).put(query.getBytes(StandardCharsets.US_ASCII));
        }
        return data.array();
    }

    static ByteBuffer request(int flags, int type, long handle, long offset, int length, byte... payload) {
        return ByteBuffer.allocate(28 + payload.length)
                .putInt(NbdProtocol.REQUEST_MAGIC)
                .putShort((short) flags)
                .putShort((short) type)
                .putLong(handle)
                .putLong(offset)
                .putInt(length)
                .put(payload)
                .flip();
    }

    /** Sends a request without payload, and returns its one reply. */
    Reply call(int flags, int type, long offset, int length) throws IOException {
        send(request(flags, type, 77, offset, length));
        return reply(type == NbdProtocol.CMD_READ ? length : 0);
    }

    Reply write(int flags, long offset, byte[] data) throws IOException {
        send(request(flags, NbdProtocol.CMD_WRITE, 78, offset, data.length, data));
        return reply(0);
    }

    /** Reads, and returns the bytes whatever the reply's form; the reply must be a success. */
    byte[] read(long offset, int length) throws IOException {
        send(request(0, NbdProtocol.CMD_READ, 79, offset, length));
        byte[] result = new byte[length];
        while (true) {
            Reply reply = reply(length);
            assertThat(reply.errno()).isZero();
            if (reply.type() == -1) {
                return reply.data();
            }
            if (reply.type() == NbdProtocol.REPLY_OFFSET_DATA) {
                int at = (int) (reply.buffer().getLong() - offset);
                System.arraycopy(reply.data(), 8, result, at, reply.data().length - 8);
            }
            if ((reply.flags() & NbdProtocol.REPLY_FLAG_DONE) != 0) {
                return result;
            }
        }
    }

    /** Reads a reply; {@code simpleData} is how much data follows if it is a simple success. */
    Reply reply(int simpleData) throws IOException {
        return reply(handle -> simpleData);
    }

    /** As {@link #reply(int)}, for requests of which several are in flight. */
    Reply reply(LongToIntFunction simpleData) throws IOException {
        int magic = receive(4).getInt();
        if (magic == NbdProtocol.SIMPLE_REPLY_MAGIC) {
            ByteBuffer rest = receive(12);
            int error = rest.getInt();
            long handle = rest.getLong();
            byte[] data = error == 0 ? receive(simpleData.applyAsInt(handle)).array() : new byte[0];
            return new Reply(handle, -1, NbdProtocol.REPLY_FLAG_DONE, error, data);
        }
        assertThat(magic).isEqualTo(NbdProtocol.STRUCTURED_REPLY_MAGIC);
        assertThat(structured).isTrue();
        ByteBuffer rest = receive(16);
        int flags = rest.getShort();
        int type = rest.getShort() & 0xFFFF;
        long handle = rest.getLong();
        return new Reply(handle, type, flags, 0, receive(rest.getInt()).array());
    }
}
