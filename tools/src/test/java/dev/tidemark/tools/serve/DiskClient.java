package dev.tidemark.tools.serve;

import dev.tidemark.tools.nbd.NbdAddress;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** A small NBD client for tests: one request at a time, simple replies. For one thread. */
final class DiskClient implements Closeable {
    private static final long OPTION_MAGIC = 0x49484156454F5054L;
    private static final int REQUEST_MAGIC = 0x25609513;
    private static final int REPLY_MAGIC = 0x67446698;
    private static final int OPTION_GO = 7;
    private static final int REPLY_ACK = 1;
    private static final short FLAG_FUA = 1;

    private static final short READ = 0;
    private static final short WRITE = 1;
    private static final short FLUSH = 3;
    private static final short TRIM = 4;
    private static final short ZEROES = 6;

    private final SocketChannel channel;
    private final ByteBuffer header = ByteBuffer.allocate(28);
    private long handle;

    private DiskClient(SocketChannel channel) {
        this.channel = channel;
    }

    /** Opens an export. */
    static DiskClient open(NbdAddress address, String export) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(address.unixPath()));
        DiskClient client = new DiskClient(channel);
        boolean open = false;
        try {
            client.go(export);
            open = true;
            return client;
        } finally {
            if (!open) {
                channel.close();
            }
        }
    }

    private void go(String export) throws IOException {
        receive(18);
        byte[] name = export.getBytes(StandardCharsets.UTF_8);
        ByteBuffer hello = ByteBuffer.allocate(4 + 16 + 4 + name.length + 2);
        hello.putInt(3).putLong(OPTION_MAGIC).putInt(OPTION_GO).putInt(6 + name.length);
        hello.putInt(name.length).put(name).putShort((short) 0);
        send(hello.flip());
        while (true) {
            ByteBuffer reply = receive(20);
            int type = reply.getInt(12);
            ByteBuffer data = receive(reply.getInt(16));
            if (type == REPLY_ACK) {
                return;
            }
            if (type < 0) {
                throw new IOException("refused: " + StandardCharsets.UTF_8.decode(data));
            }
        }
    }

    void write(long offset, ByteBuffer data, boolean fua) throws IOException {
        int length = data.remaining();
        request(WRITE, fua ? FLAG_FUA : 0, offset, length);
        send(data);
        reply();
    }

    byte[] read(long offset, int length) throws IOException {
        request(READ, (short) 0, offset, length);
        reply();
        return receive(length).array();
    }

    void flush() throws IOException {
        request(FLUSH, (short) 0, 0, 0);
        reply();
    }

    void trim(long offset, int length) throws IOException {
        request(TRIM, (short) 0, offset, length);
        reply();
    }

    void zero(long offset, int length) throws IOException {
        request(ZEROES, (short) 0, offset, length);
        reply();
    }

    private void request(short type, int flags, long offset, int length) throws IOException {
        header.clear().putInt(REQUEST_MAGIC).putShort((short) flags).putShort(type);
        header.putLong(++handle).putLong(offset).putInt(length);
        send(header.flip());
    }

    private void reply() throws IOException {
        ByteBuffer reply = receive(16);
        if (reply.getInt(0) != REPLY_MAGIC || reply.getLong(8) != handle) {
            throw new IOException("not the reply to request " + handle);
        }
        if (reply.getInt(4) != 0) {
            throw new IOException("error " + reply.getInt(4));
        }
    }

    private void send(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private ByteBuffer receive(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new EOFException("the server closed the connection");
            }
        }
        return bytes.flip();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
