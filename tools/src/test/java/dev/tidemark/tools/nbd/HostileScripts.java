package dev.tidemark.tools.nbd;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Makes what a hostile peer might send: mostly the shape of the protocol, so that the input gets somewhere, with
 * numbers at and around every bound, and then bytes flipped, lost, doubled and put in.
 */
final class HostileScripts {
    private static final int[] LENGTHS = {
        0,
        1,
        2,
        3,
        27,
        28,
        511,
        512,
        513,
        4095,
        4096,
        4097,
        65_535,
        65_536,
        65_537,
        131_072,
        262_143,
        262_144,
        (32 << 20) - 1,
        32 << 20,
        (32 << 20) + 1,
        64 << 20,
        (64 << 20) + 1,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        -1
    };
    private static final String[] NAMES = {"disk", "", "id:1", "id:", "id:99999999999999999999", "x", "#1", "disk\0"};

    private final SplittableRandom random;
    private final ByteArrayOutputStream script = new ByteArrayOutputStream();

    private HostileScripts(SplittableRandom random) {
        this.random = random;
    }

    /** Returns the script of a seed. */
    static byte[] of(SplittableRandom random) {
        HostileScripts scripts = new HostileScripts(random);
        scripts.greeting();
        int options = random.nextInt(4);
        for (int i = 0; i < options; i++) {
            scripts.option();
        }
        if (random.nextInt(8) != 0) {
            scripts.begin();
            int requests = random.nextInt(8) == 0 ? random.nextInt(60) : random.nextInt(12);
            for (int i = 0; i < requests; i++) {
                scripts.request();
            }
        }
        byte[] bytes = scripts.script.toByteArray();
        int changes = random.nextInt(4);
        for (int i = 0; i < changes && bytes.length > 0; i++) {
            bytes = scripts.changed(bytes);
        }
        return bytes;
    }

    private void greeting() {
        put(ByteBuffer.allocate(4).putInt(random.nextInt(10) == 0 ? random.nextInt() : random.nextInt(1, 4)));
    }

    private void option() {
        int option = random.nextInt(6) == 0 ? random.nextInt() : random.nextInt(12);
        byte[] data = switch (random.nextInt(4)) {
            case 0 -> new byte[0];
            case 1 -> TestClient.metaContext(name(), "base:allocation");
            case 2 -> TestClient.info(name(), NbdProtocol.INFO_BLOCK_SIZE, random.nextInt(1 << 16));
            default -> noise(random.nextInt(100));
        };
        if (data.length >= 4 && random.nextInt(4) == 0) {
            ByteBuffer.wrap(data).putInt(random.nextInt(data.length - 3), anyLength());
        }
        option(option, random.nextInt(8) == 0 ? anyLength() : data.length, data);
    }

    private void begin() {
        if (random.nextInt(4) != 0) {
            option(NbdProtocol.OPT_STRUCTURED_REPLY, 0, new byte[0]);
            byte[] context = TestClient.metaContext("disk", NbdProtocol.CONTEXT_ALLOCATION);
            option(NbdProtocol.OPT_SET_META_CONTEXT, context.length, context);
        }
        if (random.nextInt(4) == 0) {
            option(NbdProtocol.OPT_EXPORT_NAME, 4, "disk".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        } else {
            byte[] info = TestClient.info("disk");
            option(NbdProtocol.OPT_GO, info.length, info);
        }
    }

    private void option(int option, int length, byte[] data) {
        put(ByteBuffer.allocate(16)
                .putLong(NbdProtocol.OPTION_MAGIC)
                .putInt(option)
                .putInt(length));
        script.writeBytes(data);
    }

    private void request() {
        int type = random.nextInt(12) == 0 ? random.nextInt() : random.nextInt(9);
        if (type == NbdProtocol.CMD_DISC && random.nextInt(4) != 0) {
            type = NbdProtocol.CMD_WRITE;
        }
        int flags = random.nextInt(3) == 0 ? random.nextInt(64) : 0;
        long offset = random.nextInt(5) == 0 ? random.nextLong() : random.nextInt(FuzzTest.SIZE);
        int length = random.nextInt(3) == 0 ? anyLength() : random.nextInt(9000);
        put(TestClient.request(flags, type, random.nextLong(), offset, length));
        if (type == NbdProtocol.CMD_WRITE && length > 0 && length < 300_000 && random.nextInt(8) != 0) {
            script.writeBytes(new byte[length]);
        }
    }

    private byte[] changed(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(5)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt();
            case 2 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 3 -> {
                int end = Math.min(bytes.length, at + random.nextInt(1, 40));
                return joined(bytes, at, bytes, end);
            }
            default -> {
                byte[] more = noise(random.nextInt(1, 40));
                byte[] head = joined(bytes, at, more, 0);
                return joined(head, head.length, bytes, at);
            }
        }
        return bytes;
    }

    private static byte[] joined(byte[] head, int headLength, byte[] tail, int tailFrom) {
        byte[] both = Arrays.copyOf(head, headLength + tail.length - tailFrom);
        System.arraycopy(tail, tailFrom, both, headLength, tail.length - tailFrom);
        return both;
    }

    private int anyLength() {
        return random.nextInt(3) == 0 ? random.nextInt() : LENGTHS[random.nextInt(LENGTHS.length)];
    }

    private String name() {
        return NAMES[random.nextInt(NAMES.length)];
    }

    private byte[] noise(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @SuppressWarnings("ByteBufferBackingArray") // they come from allocate()
    private void put(ByteBuffer bytes) {
        script.writeBytes(bytes.array());
    }
}
