package dev.tidemark.storage.sim;

import dev.tidemark.storage.FileNames;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;

/**
 * The state of the device and of the page cache above it: a tree of {@link Node}s, each with what is seen and what is
 * durable, and the changes of names that are not durable yet. Knows nothing of handles, faults or numbers of
 * operations. Not thread-safe.
 */
final class Disk {
    private static final int ROOT = 0;

    private Node[] nodes;
    private int nodeCount;
    private List<NameChange> unsynced = new ArrayList<>();

    /** An empty folder. */
    Disk() {
        nodes = new Node[8];
        nodes[ROOT] = Node.Folder.empty(ROOT);
        nodeCount = 1;
    }

    private Disk(Node[] nodes, int nodeCount, List<NameChange> unsynced) {
        this.nodes = nodes;
        this.nodeCount = nodeCount;
        this.unsynced = unsynced;
    }

    /** A copy of everything. */
    Disk fork() {
        Node[] copies = new Node[nodes.length];
        for (int i = 0; i < nodeCount; i++) {
            copies[i] = nodes[i] == null ? null : nodes[i].copy();
        }
        return new Disk(copies, nodeCount, new ArrayList<>(unsynced));
    }

    /** What is there after power comes back: the durable state with what survives. This disk stays as it is. */
    Disk afterPowerCut(Survival survival) {
        Node[] copies = new Node[nodes.length];
        for (int i = 0; i < nodeCount; i++) {
            copies[i] = durableShell(nodes[i]);
        }
        Disk after = new Disk(copies, nodeCount, new ArrayList<>());
        for (NameChange change : unsynced) {
            if (survival.keeps(change)) {
                after.makeDurable(change);
            }
        }
        BitSet reached = new BitSet(nodeCount);
        ArrayDeque<Node.Folder> open = new ArrayDeque<>();
        open.add((Node.Folder) copies[ROOT]);
        reached.set(ROOT);
        while (!open.isEmpty()) {
            Node.Folder folder = open.poll();
            folder.visible.putAll(folder.durable);
            for (int id : folder.durable.values()) {
                reached.set(id);
                if (copies[id] instanceof Node.Folder inner) {
                    open.add(inner);
                } else {
                    Node.File shell = (Node.File) copies[id];
                    shell.durable = ((Node.File) nodes[id]).partlyWritten(survival);
                    shell.cache = shell.durable;
                }
            }
        }
        for (int i = 0; i < nodeCount; i++) {
            if (!reached.get(i)) {
                copies[i] = null;
            }
        }
        return after;
    }

    private static Node durableShell(Node node) {
        if (node == null) {
            return null;
        }
        Node shell;
        if (node instanceof Node.Folder folder) {
            shell = new Node.Folder(node.id, new TreeMap<>(), new TreeMap<>(folder.durable));
        } else {
            shell = new Node.File(node.id, ((Node.File) node).durable);
        }
        shell.durableDirectory = node.durableDirectory;
        shell.durableName = node.durableName;
        return shell;
    }

    /** The number of the earliest operation that is undecided, or {@code none}. */
    long firstUndecided(long none) {
        long first = none;
        for (NameChange change : unsynced) {
            first = Math.min(first, change.operation());
        }
        for (int i = 0; i < nodeCount; i++) {
            if (nodes[i] instanceof Node.File file && !file.unforced.isEmpty()) {
                first = Math.min(first, file.unforced.get(0).operation);
            }
        }
        return first;
    }

    /** The node of that name, or null. */
    Node find(String name) throws NotDirectoryException {
        Node node = nodes[ROOT];
        for (int start = 0; start < name.length(); ) {
            int slash = name.indexOf('/', start);
            int end = slash < 0 ? name.length() : slash;
            if (!(node instanceof Node.Folder folder)) {
                throw new NotDirectoryException(name.substring(0, start - 1));
            }
            Integer id = folder.visible.get(name.substring(start, end));
            if (id == null) {
                return null;
            }
            node = nodes[id];
            start = end + 1;
        }
        return node;
    }

    Node.Folder folder(String name) throws NoSuchFileException, NotDirectoryException {
        Node node = find(name);
        if (node == null) {
            throw new NoSuchFileException(name);
        }
        if (node instanceof Node.Folder folder) {
            return folder;
        }
        throw new NotDirectoryException(name);
    }

    Node.File file(int id) {
        return (Node.File) nodes[id];
    }

    Node.File createFile(long operation, String name) throws NoSuchFileException, NotDirectoryException {
        Node.File file = Node.File.empty(nodeCount);
        add(operation, name, file);
        return file;
    }

    void createFolder(long operation, String name) throws NoSuchFileException, NotDirectoryException {
        add(operation, name, Node.Folder.empty(nodeCount));
    }

    private void add(long operation, String name, Node node) throws NoSuchFileException, NotDirectoryException {
        Node.Folder parent = folder(FileNames.parent(name));
        if (nodeCount == nodes.length) {
            nodes = Arrays.copyOf(nodes, nodeCount * 2);
        }
        nodes[nodeCount++] = node;
        String plain = FileNames.plain(name);
        parent.visible.put(plain, node.id);
        unsynced.add(NameChange.creation(operation, node.id, parent.id, plain));
    }

    void checkRename(String from, String to)
            throws NoSuchFileException, NotDirectoryException, FileAlreadyExistsException {
        Node node = find(from);
        if (node == null) {
            throw new NoSuchFileException(from);
        }
        folder(FileNames.parent(to));
        Node target = find(to);
        if (target instanceof Node.Folder || (target != null && node instanceof Node.Folder)) {
            throw new FileAlreadyExistsException(to);
        }
        if (to.startsWith(from + '/')) {
            throw new NoSuchFileException(from, to, "a directory can't go into itself");
        }
    }

    void rename(long operation, String from, String to) throws NoSuchFileException, NotDirectoryException {
        Node.Folder source = folder(FileNames.parent(from));
        Node.Folder target = folder(FileNames.parent(to));
        if (from.equals(to)) {
            return;
        }
        int id = source.visible.remove(FileNames.plain(from));
        target.visible.put(FileNames.plain(to), id);
        unsynced.add(
                NameChange.rename(operation, id, source.id, FileNames.plain(from), target.id, FileNames.plain(to)));
    }

    void checkDelete(String name) throws NoSuchFileException, NotDirectoryException, DirectoryNotEmptyException {
        Node node = find(name);
        if (node == null) {
            throw new NoSuchFileException(name);
        }
        if (node instanceof Node.Folder folder && !folder.visible.isEmpty()) {
            throw new DirectoryNotEmptyException(name);
        }
    }

    void delete(long operation, String name) throws NoSuchFileException, NotDirectoryException {
        Node.Folder parent = folder(FileNames.parent(name));
        String plain = FileNames.plain(name);
        int id = parent.visible.remove(plain);
        unsynced.add(NameChange.deletion(operation, id, parent.id, plain));
    }

    /** Makes the changes of names in a directory durable (of a rename across directories: this half of it). */
    void sync(Node.Folder folder) {
        List<NameChange> before = unsynced;
        unsynced = new ArrayList<>();
        for (NameChange change : before) {
            NameChange now = change.touches(folder.id) ? change.synced(folder.id) : change;
            if (now.durable()) {
                makeDurable(now);
                // What the same node went through before is past; it must not come back in a power cut.
                unsynced.removeIf(earlier -> earlier.node() == now.node());
            } else {
                unsynced.add(now);
            }
        }
    }

    /** The sync of a directory failed: its changes are durable or lost for good, while callers go on seeing them. */
    void loseNames(Node.Folder folder, Survival survival) {
        List<NameChange> before = unsynced;
        unsynced = new ArrayList<>();
        for (NameChange change : before) {
            if (!change.touches(folder.id)) {
                unsynced.add(change);
            } else if (survival.keeps(change)) {
                makeDurable(change);
            }
        }
    }

    private void makeDurable(NameChange change) {
        Node node = nodes[change.node()];
        if (node == null) {
            return;
        }
        if (node.durableDirectory != NameChange.NO_DIRECTORY) {
            Node.Folder old = (Node.Folder) nodes[node.durableDirectory];
            if (old != null) {
                old.durable.remove(node.durableName);
            }
            node.durableDirectory = NameChange.NO_DIRECTORY;
        }
        if (change.toDirectory() != NameChange.NO_DIRECTORY && nodes[change.toDirectory()] != null) {
            Integer replaced = ((Node.Folder) nodes[change.toDirectory()]).durable.put(change.to(), change.node());
            if (replaced != null) {
                nodes[replaced].durableDirectory = NameChange.NO_DIRECTORY;
            }
            node.durableDirectory = change.toDirectory();
            node.durableName = change.to();
        }
    }

    /** Drops clean pages of all files. */
    void evictAll() {
        for (int i = 0; i < nodeCount; i++) {
            if (nodes[i] instanceof Node.File file) {
                file.evict();
            }
        }
    }

    /** Forgets files that no name, seen, durable or undecided, and no handle leads to. */
    void forgetUnreachable(IntPredicate isOpen) {
        BitSet used = new BitSet(nodeCount);
        used.set(ROOT);
        for (int i = 0; i < nodeCount; i++) {
            if (nodes[i] instanceof Node.Folder folder) {
                folder.visible.values().forEach(used::set);
                folder.durable.values().forEach(used::set);
            }
        }
        for (NameChange change : unsynced) {
            used.set(change.node());
            setDirectory(used, change.fromDirectory());
            setDirectory(used, change.toDirectory());
        }
        for (int i = 0; i < nodeCount; i++) {
            if (!used.get(i) && !isOpen.test(i)) {
                nodes[i] = null;
            }
        }
    }

    private static void setDirectory(BitSet used, int directory) {
        if (directory != NameChange.NO_DIRECTORY) {
            used.set(directory);
        }
    }

    /** Pages that visible or open files take. */
    long usedPages(IntPredicate isOpen) {
        BitSet seen = new BitSet(nodeCount);
        for (int i = 0; i < nodeCount; i++) {
            if (nodes[i] instanceof Node.Folder folder) {
                folder.visible.values().forEach(seen::set);
            }
        }
        long pages = 0;
        for (int i = 0; i < nodeCount; i++) {
            if (nodes[i] instanceof Node.File file && (seen.get(i) || isOpen.test(i))) {
                pages += file.cache.pageCount();
            }
        }
        return pages;
    }

    /** A hash of all names and contents that are seen. */
    long hash() {
        return hash((Node.Folder) nodes[ROOT], 1);
    }

    private long hash(Node.Folder folder, long seed) {
        long hash = 0;
        for (Map.Entry<String, Integer> entry : folder.visible.entrySet()) {
            long name = seed;
            for (int i = 0; i < entry.getKey().length(); i++) {
                name = SplitMix.mix(name * 31 + entry.getKey().charAt(i));
            }
            Node node = nodes[entry.getValue()];
            hash += node instanceof Node.Folder inner
                    ? SplitMix.mix(name + 1) + hash(inner, name)
                    : SplitMix.mix(name + 2 + ((Node.File) node).cache.hash());
        }
        return hash;
    }
}
