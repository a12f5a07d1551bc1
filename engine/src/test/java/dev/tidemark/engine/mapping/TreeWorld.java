package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.space.Space;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Several trees, and what they must hold, as plain maps. */
final class TreeWorld implements AutoCloseable {
    /** Where a block is; the number of the write stands in for its checksum, so that every write differs. */
    record Place(long physical, int checksum) {
        boolean isUnmapped() {
            return physical == 0;
        }
    }

    /** A volume or a job. */
    static final class Volume {
        final MappingRoot root = new MappingRoot();
        final TreeMap<Long, Place> model = new TreeMap<>();
        final List<View> views = new ArrayList<>();
    }

    /** What a reader that was pinned long ago still goes on with: its root, and what it may find. */
    static final class View {
        final MappingRoot root;
        final Map<Long, Set<Place>> allowed = new HashMap<>();

        View(MappingRoot of) {
            root = new MappingRoot(of.pointer(), of.mappedBlocks(), 0);
        }

        void allow(long block, Place place) {
            allowed.computeIfAbsent(block, b -> new HashSet<>()).add(place);
        }
    }

    private static final Place UNMAPPED = new Place(0, 0);
    private static final int MOST_VOLUMES = 7;

    final PageStore pages;
    final Space space;
    final MappingTrees trees;
    final MappingReader reader;
    final List<Volume> volumes = new ArrayList<>();
    final List<Volume> jobs = new ArrayList<>();
    final List<View> views = new ArrayList<>();

    private final TouchRecorder touches;
    private final PagesAhead ahead;
    private final PagePrefetch prefetch;
    private final Map<Long, Integer> holders = new HashMap<>();
    private final Set<Long> expectedFreed = new TreeSet<>();
    private final ArrayDeque<Long> reusable = new ArrayDeque<>();
    private final MappingEntry entry = new MappingEntry();
    private long nextPhysical = 1;
    private int nextWrite = 1;
    private long epoch = 1;

    TreeWorld() {
        this(new PageStore(), true);
    }

    TreeWorld(PageStore pages) {
        this(pages, false);
    }

    /** @param watched whether each change is to touch only what was brought in before; nothing is ever let go then */
    private TreeWorld(PageStore pages, boolean watched) {
        this.pages = pages;
        space = new Space(pages);
        trees = new MappingTrees(pages, space);
        reader = new MappingReader(pages);
        ahead = trees.ahead();
        prefetch = new PagePrefetch(pages, space, false);
        touches = watched ? new TouchRecorder(pages) : null;
        volumes.add(new Volume());
        pages.epoch(epoch);
    }

    void play(TreeStep step) {
        if (volumes.isEmpty()) {
            volumes.add(new Volume());
        }
        Volume volume = volumes.get(step.volume() % volumes.size());
        switch (step.kind()) {
            case PUT -> put(volume, step.block(), step.count());
            case UNMAP -> unmap(volume, step.block(), step.count());
            case CREATE -> create();
            case SHARE -> share(volume);
            case DELETE -> delete(volume);
            case MERGE -> merge(volume, volumes.get(step.other() % volumes.size()));
            case CUT -> cut(volume, step.block(), step.count());
            case RECLAIM -> reclaim(step.other(), step.count());
            case VIEW -> view(volume);
            case RECYCLE -> recycle();
        }
        checkFreed();
        checkNear(volume, step.block());
    }

    private void put(Volume volume, long block, int count) {
        int[] checksums = new int[count + 3];
        boolean reuse = reusable.size() >= count && (block & 1) == 0;
        int done = 0;
        while (done < count) {
            long physical = reuse ? reusable.poll() : nextPhysical;
            int run = reuse ? 1 : count - done;
            nextPhysical += reuse ? 0 : run + (count & 3);
            for (int i = 0; i < run; i++) {
                checksums[3 + done + i] = nextWrite * 0x9E37_79B1;
                change(volume, block + done + i, new Place(physical + i, nextWrite * 0x9E37_79B1));
                nextWrite++;
            }
            long first = block + done;
            int index = 3 + done;
            check(
                    () -> {
                        if (nextWrite % 2 == 0) {
                            ahead.put(volume.root, first, run, false);
                        } else { // while nothing changes beside it, the hint is as good
                            prefetch.write(volume.root, first, run);
                        }
                        ahead.claim(physical, run);
                    },
                    () -> trees.put(volume.root, first, physical, run, checksums, index, 0));
            done += run;
        }
    }

    private void check(Runnable bringIn, Runnable change) {
        if (touches == null) {
            bringIn.run();
            change.run();
        } else {
            touches.check(bringIn, change);
        }
    }

    private void unmap(Volume volume, long block, long count) {
        List<Long> gone =
                new ArrayList<>(volume.model.subMap(block, block + count).keySet());
        gone.forEach(b -> change(volume, b, UNMAPPED));
        check(
                () -> ahead.unmap(volume.root, block, count),
                () -> assertThat(trees.unmap(volume.root, block, count)).isEqualTo(gone.size()));
    }

    private void create() {
        if (volumes.size() < MOST_VOLUMES) {
            volumes.add(new Volume());
        }
    }

    private void share(Volume source) {
        if (volumes.size() < MOST_VOLUMES) {
            Volume target = new Volume();
            check(() -> ahead.share(source.root), () -> trees.share(source.root, target.root));
            source.model.forEach((block, place) -> change(target, block, place));
            volumes.add(target);
        }
    }

    private void delete(Volume volume) {
        Volume job = new Volume();
        check(() -> {}, () -> trees.handOver(volume.root, job.root));
        job.model.putAll(volume.model);
        volumes.remove(volume);
        addJob(job);
    }

    private void merge(Volume origin, Volume snapshot) {
        if (origin == snapshot) {
            return;
        }
        Volume job = new Volume();
        check(() -> {}, () -> trees.merge(origin.root, snapshot.root, job.root));
        job.model.putAll(origin.model);
        addJob(job);
        Set<Long> changed = new HashSet<>(origin.model.keySet());
        changed.addAll(snapshot.model.keySet());
        for (long block : changed) {
            Place before = origin.model.getOrDefault(block, UNMAPPED);
            Place after = snapshot.model.getOrDefault(block, UNMAPPED);
            origin.views.forEach(view -> {
                view.allow(block, before);
                view.allow(block, after);
            });
        }
        origin.model.clear();
        origin.model.putAll(snapshot.model);
        volumes.remove(snapshot);
    }

    private void cut(Volume volume, long block, long count) {
        Volume job = new Volume();
        for (long b : new ArrayList<>(volume.model.subMap(block, block + count).keySet())) {
            job.model.put(b, volume.model.remove(b));
            volume.views.forEach(view -> view.allow(b, UNMAPPED));
        }
        check(() -> ahead.cut(volume.root, block, count, false), () -> trees.cut(volume.root, block, count, job.root));
        addJob(job);
    }

    private void addJob(Volume job) {
        assertThat(job.root.mappedBlocks()).isEqualTo(job.model.size());
        if (!job.root.isEmpty()) {
            jobs.add(job);
        }
    }

    void reclaim(int number, int maxWork) {
        if (jobs.isEmpty()) {
            return;
        }
        Volume job = jobs.get(number % jobs.size());
        long before = job.root.mappedBlocks();
        check(() -> ahead.reclaimStep(job.root, maxWork), () -> trees.reclaimStep(job.root, maxWork));
        long taken = before - job.root.mappedBlocks();
        assertThat(taken).isPositive();
        // What goes, goes from the lowest block on.
        for (long i = 0; i < taken; i++) {
            hold(job.model.pollFirstEntry().getValue(), -1);
        }
        if (job.root.isEmpty()) {
            jobs.remove(job);
        }
    }

    private void view(Volume volume) {
        View view = new View(volume.root);
        volume.model.forEach(view::allow);
        volume.views.add(view);
        views.add(view);
    }

    /** All readers leave; the next ones see the next epoch. */
    private void recycle() {
        checkViews();
        views.clear();
        volumes.forEach(volume -> volume.views.clear());
        assertThat(pages.recycle(epoch)).isZero();
        epoch++;
        pages.epoch(epoch);
        pages.recycle(epoch);
        assertThat(pages.limboPages()).isZero();
    }

    private void change(Volume volume, long block, Place place) {
        Place before = place.isUnmapped() ? volume.model.remove(block) : volume.model.put(block, place);
        hold(place, 1);
        if (before != null) {
            hold(before, -1);
        }
        volume.views.forEach(view -> {
            view.allow(block, before == null ? UNMAPPED : before);
            view.allow(block, place);
        });
    }

    private void hold(Place place, int change) {
        if (place.isUnmapped()) {
            return;
        }
        int count = holders.merge(place.physical(), change, Integer::sum);
        if (count == 0) {
            holders.remove(place.physical());
            expectedFreed.add(place.physical());
        }
    }

    private void checkFreed() {
        Set<Long> freed = new TreeSet<>();
        long blocks = 0;
        for (int i = 0; i < space.freed().runs(); i++) {
            for (long b = 0; b < space.freed().length(i); b++) {
                freed.add(space.freed().start(i) + b);
                blocks++;
            }
        }
        assertThat(space.freed().blocks()).isEqualTo(blocks);
        assertThat(freed).isEqualTo(expectedFreed).hasSize((int) blocks);
        assertThat(space.usedBlocks()).isEqualTo(holders.size());
        reusable.addAll(freed);
        space.freed().clear();
        expectedFreed.clear();
    }

    private void checkNear(Volume volume, long block) {
        if (volumes.contains(volume)) {
            assertThat(volume.root.mappedBlocks()).isEqualTo(volume.model.size());
            for (long b = Math.max(0, block - 2); b < block + 3; b++) {
                checkBlock(volume, b);
            }
        }
    }

    private void checkBlock(Volume volume, long block) {
        boolean mapped = reader.lookup(volume.root, block, entry);
        Place expected = volume.model.getOrDefault(block, UNMAPPED);
        assertThat(mapped).isEqualTo(!expected.isUnmapped());
        assertThat(new Place(entry.physical(), entry.checksum()))
                .as("block %d", block)
                .isEqualTo(expected);
    }

    /** Everything against the models, then every stored number against what the trees say. */
    void checkAll() {
        for (List<Volume> all : List.of(volumes, jobs)) {
            for (Volume volume : all) {
                volume.model.keySet().forEach(block -> checkBlock(volume, block));
                TreeChecks.checkRuns(reader, volume.root, volume.model);
                TreeChecks.checkExtents(reader, volume.root, volume.model);
                TreeChecks.checkAlone(this, volume, holders);
            }
        }
        checkViews();
        assertThat(audit()).isEmpty();
    }

    private void checkViews() {
        for (View view : views) {
            view.allowed.forEach((block, places) -> {
                reader.lookup(view.root, block, entry);
                assertThat(new Place(entry.physical(), entry.checksum()))
                        .as("block %d of an old view", block)
                        .isIn(places);
            });
        }
    }

    List<String> audit() {
        TreeAudit audit = new TreeAudit(pages);
        for (Volume volume : volumes) {
            audit.tree("volume " + volumes.indexOf(volume), volume.root);
        }
        for (Volume job : jobs) {
            audit.tree("job " + jobs.indexOf(job), job.root);
        }
        space.audit(audit);
        return audit.finish();
    }

    long digest() {
        TreeDigest digest = new TreeDigest(pages);
        long sum = space.digest();
        for (Volume volume : volumes) {
            sum = TreeDigest.mix(sum, digest.tree(volume.root));
        }
        for (Volume job : jobs) {
            sum = TreeDigest.mix(sum, digest.tree(job.root));
        }
        return sum;
    }

    /** Deletes and reclaims everything: no page, no block, no frame may be left. */
    void endAll() {
        while (!volumes.isEmpty()) {
            delete(volumes.get(0));
        }
        while (!jobs.isEmpty()) {
            reclaim(0, 100);
            checkFreed();
        }
        recycle();
        assertThat(pages.livePages()).isZero();
        assertThat(space.usedBlocks()).isZero();
        assertThat(audit()).isEmpty();
    }

    @Override
    public void close() {
        pages.close();
    }
}
