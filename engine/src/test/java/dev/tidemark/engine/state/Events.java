package dev.tidemark.engine.state;

import dev.tidemark.engine.message.Commands;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Random events of every kind: well formed, but of no history. */
public final class Events {
    private Events() {}

    /** One event. Those of I/O are flyweights of their own. */
    public static Event event(Random random) {
        long time = 1_700_000_000_000L + random.nextInt();
        return switch (random.nextInt(8)) {
            case 0, 1 -> written(random, time, 1 + number(random, 20));
            case 2 -> unmapped(random, time, 1 + number(random, 20));
            case 3 -> zeroed(random, time);
            case 4 -> new Event.JobStepped(time, 1 + number(random, 40), 1 + random.nextInt(100_000));
            case 5 -> new Event.JobCompleted(time, 1 + number(random, 60));
            case 6 -> new Event.SpaceLow(time, random.nextInt(101), number(random, 50));
            default -> changed(random, time);
        };
    }

    /** A write of one to some hundred blocks in one to many runs. */
    public static BlocksWritten written(Random random, long time, long volumeId) {
        return written(new BlocksWritten(), random, time, volumeId);
    }

    private static BlocksWritten written(BlocksWritten out, Random random, long time, long volumeId) {
        out.reset(time, volumeId, number(random, 36));
        for (int run = random.nextInt(4); run >= 0; run--) {
            int length = 1 + random.nextInt(random.nextInt(8) == 0 ? 300 : 4);
            int first = out.addRun(1 + number(random, 46), length);
            for (int i = 0; i < length; i++) {
                out.checksum(first + i, random.nextInt());
            }
        }
        return out;
    }

    private static BlocksUnmapped unmapped(Random random, long time, long volumeId) {
        long job = random.nextBoolean() ? 0 : 1 + number(random, 30);
        return new BlocksUnmapped().set(time, volumeId, number(random, 36), 1 + number(random, 36), job);
    }

    private static RangeZeroed zeroed(Random random, long time) {
        RangeZeroed out = new RangeZeroed().reset(time);
        long volumeId = 1 + number(random, 20);
        int parts = 1 + random.nextInt(7);
        if ((parts & 1) != 0) {
            written(out.head(), random, time, volumeId);
        }
        if ((parts & 2) != 0) {
            out.middle().set(time, volumeId, number(random, 30), 1 + number(random, 30), random.nextInt(3));
        }
        if ((parts & 4) != 0) {
            written(out.tail(), random, time, volumeId);
        }
        return out;
    }

    private static CatalogueChanged changed(Random random, long time) {
        RequestRecord request = random.nextBoolean()
                ? null
                : new RequestRecord(
                        "r" + Commands.text(random), random.nextLong(), "ok id=1 seq=" + random.nextInt(99));
        List<Change> changes = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            changes.add(change(random));
        }
        return new CatalogueChanged(time, Commands.text(random), request, changes);
    }

    private static Change change(Random random) {
        long id = 1 + number(random, 30);
        long other = 1 + number(random, 30);
        boolean flag = random.nextBoolean();
        String name = "v" + random.nextInt(1000);
        return switch (random.nextInt(8)) {
            case 0 -> new Change.VolumeCreated(id, name, 512L + number(random, 40) * 512, flag);
            case 1 -> new Change.SnapshotTaken(id, name, other, flag, random.nextBoolean());
            case 2 -> new Change.VolumeDeleted(id, other);
            case 3 -> new Change.SnapshotMerged(id, other, 1 + number(random, 20));
            case 4 ->
                new Change.VolumeResized(
                        id, 512L + number(random, 40) * 512, number(random, 20), number(random, 40), random.nextInt());
            case 5 -> new Change.VolumeRenamed(id, name);
            case 6 -> new Change.VolumeLabeled(id, Map.of("k" + random.nextInt(9), Commands.text(random), "z", ""));
            default -> new Change.ReadonlySet(id, flag);
        };
    }

    /** Small and large numbers alike, from 0 to 2^bits - 1. */
    private static long number(Random random, int bits) {
        return random.nextLong() >>> (Long.SIZE - random.nextInt(bits + 1)) & ((1L << bits) - 1);
    }
}
