package dev.tidemark.storage.sim;

import dev.tidemark.storage.Storage;
import dev.tidemark.storage.Storage.Mode;
import dev.tidemark.storage.StorageFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Devices as short texts: {@code "d/ d/f=a512.100 g="} is a directory with a file of 512 a and 100 zeros, and an empty
 * file.
 */
final class SimTexts {
    private SimTexts() {}

    static ByteBuffer run(char letter, int length) {
        return ByteBuffer.wrap(String.valueOf(letter).repeat(length).getBytes(StandardCharsets.US_ASCII));
    }

    /** Makes a file, forced and synced. */
    static StorageFile durable(Storage storage, String name, char letter, int length) throws IOException {
        StorageFile file = storage.open(name, Mode.CREATE_NEW);
        file.write(0, run(letter, length));
        file.force();
        int slash = name.lastIndexOf('/');
        storage.syncDirectory(slash < 0 ? "" : name.substring(0, slash));
        return file;
    }

    static String text(Storage storage) throws IOException {
        List<String> parts = new ArrayList<>();
        describe(storage, "", parts);
        return String.join(" ", parts);
    }

    private static void describe(Storage storage, String directory, List<String> parts) throws IOException {
        for (String plain : storage.list(directory)) {
            String name = directory.isEmpty() ? plain : directory + '/' + plain;
            try (StorageFile file = storage.open(name, Mode.READ)) {
                parts.add(name + '=' + content(file));
            } catch (java.nio.file.FileSystemException e) {
                parts.add(name + '/');
                describe(storage, name, parts);
            }
        }
    }

    static String content(StorageFile file) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
        file.read(0, bytes);
        StringBuilder text = new StringBuilder();
        for (int from = 0, to; from < bytes.capacity(); from = to) {
            to = from + 1;
            while (to < bytes.capacity() && bytes.get(to) == bytes.get(from)) {
                to++;
            }
            text.append(bytes.get(from) == 0 ? '.' : (char) bytes.get(from)).append(to - from);
        }
        return text.toString();
    }

    /** All that can be there after a power cut now. */
    static Set<String> outcomes(SimStorage storage) throws IOException {
        Set<String> texts = new TreeSet<>();
        for (SimStorage outcome : storage.allPowerCuts(1 << 16, Granularity.SECTORS)) {
            texts.add(text(outcome));
        }
        return texts;
    }

    /** What comes up after a power cut now with some number of seeds. */
    static Set<String> sampled(SimStorage storage, int seeds) throws IOException {
        Set<String> texts = new TreeSet<>();
        for (int seed = 0; seed < seeds; seed++) {
            texts.add(text(storage.afterPowerCut(seed)));
        }
        return texts;
    }
}
