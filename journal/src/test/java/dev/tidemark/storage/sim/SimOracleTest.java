package dev.tidemark.storage.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.storage.Shrinking;
import dev.tidemark.storage.Storage.Mode;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Random calls on a few files, and random power cuts after each, against an oracle that shares no code with the device:
 * which values each byte may have, between which bounds a size lies, and which files a name may lead to.
 */
class SimOracleTest {
    private static final int SEEDS = 250;
    private static final int STEPS = 60;
    private static final int CUTS_AFTER_EACH = 4;
    private static final int MAX_SIZE = 3000;
    private static final int NUMBER_SHIFT = 3;
    private static final int NUMBERS = 31;
    private static final List<String> NAMES = List.of("a", "b", "c");

    private enum Kind {
        CREATE,
        WRITE,
        PREALLOCATE,
        TRUNCATE,
        FORCE,
        RENAME,
        DELETE,
        SYNC
    }

    private record Step(Kind kind, String name, String other, int offset, int length) {}

    /** What may be on the device of one file. Its own bytes carry its number in the upper bits, so files tell apart. */
    private static final class FileOracle {
        final int number;
        final BitSet[] possible = new BitSet[MAX_SIZE];
        final byte[] current = new byte[MAX_SIZE];
        int size;
        int smallest;
        int largest;

        FileOracle(int number) {
            this.number = number;
            for (int i = 0; i < MAX_SIZE; i++) {
                possible[i] = new BitSet();
                possible[i].set(0);
            }
        }

        void put(int offset, int length, int value) {
            for (int i = offset; i < offset + length; i++) {
                current[i] = (byte) value;
                possible[i].set(value);
            }
            resized(length == 0 ? size : Math.max(size, offset + length));
            largest = Math.max(largest, length == 0 ? 0 : offset + length);
        }

        void truncate(int newSize) {
            for (int i = newSize; i < MAX_SIZE; i++) {
                current[i] = 0;
                possible[i].set(0);
            }
            resized(newSize);
        }

        private void resized(int newSize) {
            size = newSize;
            smallest = Math.min(smallest, size);
            largest = Math.max(largest, size);
        }

        void force() {
            for (int i = 0; i < MAX_SIZE; i++) {
                possible[i].clear();
                possible[i].set(current[i] & 0xff);
            }
            smallest = size;
            largest = size;
        }

        boolean allows(byte[] content) {
            if (content.length < smallest || content.length > largest) {
                return false;
            }
            for (int i = 0; i < content.length; i++) {
                if (!possible[i].get(content[i] & 0xff)) {
                    return false;
                }
            }
            return true;
        }
    }

    private static final class Oracle {
        final Map<String, FileOracle> visible = new HashMap<>();
        /** All that a name has led to since the directory was last synced; null for nothing. */
        final Map<String, Set<FileOracle>> since = new HashMap<>();

        int files;

        Oracle() {
            sync();
        }

        void sync() {
            for (String name : NAMES) {
                since.put(name, new HashSet<>());
                note(name);
            }
        }

        void note(String name) {
            since.get(name).add(visible.get(name));
        }

        /** What is wrong with a device after a power cut, or null. */
        String complaint(SimStorage device) throws IOException {
            Set<Integer> found = new HashSet<>();
            for (String name : NAMES) {
                if (!device.exists(name)) {
                    if (!since.get(name).contains(null)) {
                        return name + " is gone";
                    }
                    continue;
                }
                byte[] content;
                try (StorageFile file = device.open(name, Mode.READ)) {
                    content = new byte[(int) file.size()];
                    file.read(0, ByteBuffer.wrap(content));
                }
                if (since.get(name).stream().noneMatch(file -> file != null && file.allows(content))) {
                    return name + " is none of the files that it may be: " + Arrays.toString(content);
                }
                int number = numberIn(content);
                if (number != 0 && !found.add(number)) {
                    return "file " + number + " has two names";
                }
            }
            return null;
        }
    }

    /** The number of the file that a content belongs to; 0 if there are only zeros. */
    private static int numberIn(byte[] content) {
        for (byte value : content) {
            if (value != 0) {
                return (value & 0xff) >>> NUMBER_SHIFT;
            }
        }
        return 0;
    }

    @Test
    void shouldLeaveNothingThatTheContractDoesNotAllow() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            List<Step> steps = steps(new Random(seed));
            long deviceSeed = seed;
            if (complaint(steps, deviceSeed) != null) {
                List<Step> shortest = Shrinking.shrink(steps, some -> complaint(some, deviceSeed) != null);
                assertThat(complaint(shortest, deviceSeed))
                        .as("seed %d, steps %s", seed, shortest)
                        .isNull();
            }
        }
    }

    private static List<Step> steps(Random random) {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < STEPS; i++) {
            Kind kind = random.nextInt(3) == 0 ? Kind.WRITE : Kind.values()[random.nextInt(Kind.values().length)];
            int offset = random.nextInt(MAX_SIZE);
            steps.add(new Step(
                    kind,
                    NAMES.get(random.nextInt(NAMES.size())),
                    NAMES.get(random.nextInt(NAMES.size())),
                    offset,
                    random.nextInt(MAX_SIZE - offset + 1)));
        }
        return steps;
    }

    private static String complaint(List<Step> steps, long seed) {
        SimStorage device = new SimStorage(seed);
        Oracle oracle = new Oracle();
        try {
            for (Step step : steps) {
                run(step, device, oracle);
                for (int cut = 0; cut < CUTS_AFTER_EACH; cut++) {
                    String complaint = oracle.complaint(device.afterPowerCut(cut));
                    if (complaint != null) {
                        return "after " + step + ", cut " + cut + ": " + complaint;
                    }
                }
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(Step step, SimStorage device, Oracle oracle) throws IOException {
        if (step.kind == Kind.SYNC) {
            device.syncDirectory("");
            oracle.sync();
            return;
        }
        FileOracle file = oracle.visible.get(step.name);
        if (file == null) {
            if (step.kind == Kind.CREATE) {
                device.open(step.name, Mode.CREATE_NEW).close();
                oracle.visible.put(step.name, new FileOracle(1 + oracle.files++ % NUMBERS));
                oracle.note(step.name);
            }
            return;
        }
        try (StorageFile handle = device.open(step.name, Mode.WRITE)) {
            switch (step.kind) {
                case WRITE -> {
                    int value = file.number << NUMBER_SHIFT | (step.offset & 7);
                    byte[] bytes = new byte[step.length];
                    Arrays.fill(bytes, (byte) value);
                    handle.write(step.offset, ByteBuffer.wrap(bytes));
                    file.put(step.offset, step.length, value);
                }
                case PREALLOCATE -> {
                    handle.preallocate(step.offset, step.length);
                    file.put(step.offset, step.length, 0);
                }
                case TRUNCATE -> {
                    handle.truncate(step.offset);
                    file.truncate(step.offset);
                }
                case FORCE -> {
                    handle.force();
                    file.force();
                }
                case RENAME -> {
                    device.rename(step.name, step.other);
                    oracle.visible.remove(step.name);
                    oracle.visible.put(step.other, file);
                    oracle.note(step.name);
                    oracle.note(step.other);
                }
                case DELETE -> {
                    device.delete(step.name);
                    oracle.visible.remove(step.name);
                    oracle.note(step.name);
                }
                default -> {}
            }
        }
    }
}
