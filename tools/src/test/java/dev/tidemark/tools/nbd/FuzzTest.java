package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Hostile peers, in-process: every script must come to an end, and leave nothing taken, whatever it says. A failing
 * script is shrunk, and shown with its seed: {@code -Dtidemark.nbd.fuzz.seed=N} runs that one alone,
 * {@code -Dtidemark.nbd.fuzz.scripts=N} that many.
 */
class FuzzTest {
    static final int SIZE = 600 << 10;

    private static final int SCRIPTS = Integer.getInteger("tidemark.nbd.fuzz.scripts", 1_000_000);

    private final ByteBuffer receiveBuffer = ByteBuffer.allocateDirect(NbdConfig.RECEIVE_BUFFER_BYTES);
    private final ByteBuffer sendBuffer = ByteBuffer.allocateDirect(NbdConfig.SEND_BUFFER_BYTES);

    @Test
    @Tag("quick")
    void shouldSurviveSomeHostileScripts() {
        survive(7_000_000_000L, 3_000);
    }

    @Test
    void shouldSurviveAMillionHostileScripts() {
        Long one = Long.getLong("tidemark.nbd.fuzz.seed");
        survive(one == null ? 1 : one, one == null ? SCRIPTS : 1);
    }

    private void survive(long firstSeed, int scripts) {
        long replied = 0;
        for (long seed = firstSeed; seed < firstSeed + scripts; seed++) {
            byte[] script = HostileScripts.of(new SplittableRandom(seed));
            try {
                replied += run(seed, script);
            } catch (RuntimeException | AssertionError e) {
                byte[] smallest = shrunk(seed, script);
                throw new AssertionError(
                        "seed " + seed + ": " + e + "\nthe smallest script that fails: "
                                + HexFormat.of().formatHex(smallest),
                        e);
            }
        }
        // Had the scripts been refused at the door, there would be little to reply.
        assertThat(replied / scripts).as("bytes replied to a script").isGreaterThan(200);
    }

    /** Runs one connection to its end; returns how many bytes it was answered. */
    private long run(long seed, byte[] script) {
        SplittableRandom random = new SplittableRandom(~seed);
        ScriptedWire wire = new ScriptedWire(script, random, null);
        MemoryVolume volume = new MemoryVolume(1, "disk", SIZE, random.nextBoolean() ? wire : Runnable::run);
        if (random.nextInt(8) == 0) {
            volume.faults = offset ->
                    offset % 8 < 3 ? new StoreException(offset % 2 == 0 ? "failed" : "out-of-space", "fault") : null;
        }
        if (random.nextInt(8) == 0) {
            volume.claimFaults = length -> random.nextInt(3) == 0 ? new StoreException("failed", "stopped") : null;
        }
        if (random.nextInt(8) == 0) {
            volume.claimsRefused = () -> random.nextInt(3) != 0;
        }
        volume.readOnly = random.nextInt(16) == 0;
        NbdConfig config = new NbdConfig(
                1,
                random.nextInt(1, 5),
                128 << 10,
                64 << 20,
                TimeUnit.SECONDS.toNanos(1),
                TimeUnit.SECONDS.toNanos(1),
                TimeUnit.SECONDS.toNanos(1),
                wire);
        ByteBudget small = new ByteBudget(config.maxBytesInFlight() / 2);
        ByteBudget large = new ByteBudget(config.maxBytesInFlight() / 2);
        ReadHelpers helpers = new ReadHelpers(wire);
        Connection connection = new Connection(
                "fuzz",
                wire,
                receiveBuffer.clear(),
                sendBuffer.clear(),
                new Connection.Shared(
                        new MemoryExports().add(volume),
                        NbdMetrics.NONE,
                        config,
                        small,
                        large,
                        helpers,
                        new LongAdder()));
        if (random.nextInt(8) == 0) {
            wire.onceAtRandom(random.nextBoolean() ? connection::end : volume::requestClose);
        }
        try {
            connection.serve();
        } catch (IOException e) {
            // The peer broke the protocol, or the script the wire: either ends the connection.
            assertThat(e.getMessage()).isNotNull();
        }
        if (volume.claimedBytes.get() != 0 || volume.attachments.get() != 0 || small.used() + large.used() != 0) {
            throw new AssertionError("left behind: " + volume.claimedBytes + " bytes claimed, " + volume.attachments
                    + " attachments, " + small.used() + " + " + large.used() + " bytes of the budgets");
        }
        if (helpers.inUse() != 0) {
            throw new AssertionError("left behind: " + helpers.inUse() + " reads");
        }
        if (volume.mostClaimedBytes > SIZE + (4 << 20)) {
            throw new AssertionError(volume.mostClaimedBytes + " bytes claimed at once");
        }
        return wire.repliedBytes;
    }

    private boolean fails(long seed, byte[] script) {
        try {
            run(seed, script);
            return false;
        } catch (RuntimeException | AssertionError e) {
            return true;
        }
    }

    /** Takes pieces out, larger ones first, as long as the rest still fails. */
    private byte[] shrunk(long seed, byte[] script) {
        byte[] smallest = script;
        for (int piece = Math.max(1, script.length / 2); piece > 0; piece /= 2) {
            for (int at = 0; at + piece <= smallest.length; ) {
                byte[] without = Arrays.copyOf(smallest, smallest.length - piece);
                System.arraycopy(smallest, at + piece, without, at, smallest.length - at - piece);
                if (fails(seed, without)) {
                    smallest = without;
                } else {
                    at += piece;
                }
            }
        }
        return smallest;
    }
}
