package dev.tidemark.storage.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a name stands for: a file or a directory, in both of its states: what callers see, and what is on the device.
 */
abstract class Node {
    final int id;

    /** The directory that holds its name on the device, or {@link NameChange#NO_DIRECTORY}. It has one name at most. */
    int durableDirectory = NameChange.NO_DIRECTORY;

    String durableName;

    Node(int id) {
        this.id = id;
    }

    /** A copy with both states; content is shared until it is written to. */
    abstract Node copy();

    static final class Folder extends Node {
        final Map<String, Integer> visible;
        final Map<String, Integer> durable;

        Folder(int id, Map<String, Integer> visible, Map<String, Integer> durable) {
            super(id);
            this.visible = visible;
            this.durable = durable;
        }

        static Folder empty(int id) {
            return new Folder(id, new TreeMap<>(), new TreeMap<>());
        }

        @Override
        Folder copy() {
            Folder copy = new Folder(id, new TreeMap<>(visible), new TreeMap<>(durable));
            copy.durableDirectory = durableDirectory;
            copy.durableName = durableName;
            return copy;
        }
    }

    /**
     * A file.
     *
     * <ul>
     *   <li>{@code durable} is never written to: it is replaced.
     *   <li>{@code cache} may be the very same object as {@code durable}; {@link #writableCache} parts them.
     *   <li>Unless the file has diverged, {@code cache} equals {@code durable} with all of {@code unforced} applied.
     *   <li>A file has diverged when the cache shows what the device will never get, because a force failed or the
     *       device lied about what it wrote.
     * </ul>
     */
    static final class File extends Node {
        PageMap cache;
        PageMap durable;
        List<Change> unforced = new ArrayList<>();
        boolean diverged;

        /** The device failed to write something in the background; the next force is to say so. */
        boolean failedInBackground;

        File(int id, PageMap content) {
            super(id);
            this.cache = content;
            this.durable = content;
        }

        static File empty(int id) {
            return new File(id, new PageMap());
        }

        PageMap writableCache() {
            if (cache == durable) {
                cache = durable.copy();
            }
            return cache;
        }

        @Override
        File copy() {
            File copy = new File(id, durable);
            copy.cache = cache == durable ? durable : cache.copy();
            copy.unforced = new ArrayList<>(unforced);
            copy.diverged = diverged;
            copy.failedInBackground = failedInBackground;
            copy.durableDirectory = durableDirectory;
            copy.durableName = durableName;
            return copy;
        }

        /** What the device holds when all that is unforced has been written. */
        PageMap written() {
            if (!diverged) {
                return cache;
            }
            if (unforced.isEmpty()) {
                return durable;
            }
            PageMap image = durable.copy();
            for (Change change : unforced) {
                change.applyTo(image);
            }
            return image;
        }

        void forced() {
            durable = written();
            unforced.clear();
        }

        /** What the device holds when only some of what is unforced was written. */
        PageMap partlyWritten(Survival survival) {
            if (unforced.isEmpty()) {
                return durable;
            }
            PageMap image = durable.copy();
            for (Change change : unforced) {
                survival.apply(change, image);
            }
            return image;
        }

        /** The unforced changes are lost but for those that survive; the cache goes on showing all of them. */
        void lost(Survival survival) {
            if (cache == durable && unforced.isEmpty()) {
                return;
            }
            durable = partlyWritten(survival);
            unforced.clear();
            diverged = true;
        }

        /** Forgets clean pages: what is read next comes from the device. */
        void evict() {
            cache = written();
            diverged = false;
        }
    }
}
