package dev.tidemark.engine.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.space.Space;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Writes a freeze of a world to heap slots in small steps, and compares what can be read from them with the world. */
final class HeapCheckpoint {
    private record SavedNode(long index, int slot, int checksum) {}

    private final HeapSlots slots;
    private final PageFreeze freeze;
    private final ByteBuffer image =
            ByteBuffer.allocateDirect(PageStore.PAGE_BYTES).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    private final List<MappingRoot> volumes = new ArrayList<>();
    private final List<MappingRoot> jobs = new ArrayList<>();
    private final List<SavedNode> nodes = new ArrayList<>();
    private final long digest;
    private final long countRoot;
    private final int countHeight;
    private final long usedBlocks;
    private int page = -1;
    private boolean leavesDone;
    private boolean done;

    HeapCheckpoint(TreeWorld world, HeapSlots slots) {
        this.slots = slots;
        digest = world.digest();
        world.volumes.forEach(volume -> volumes.add(copy(volume.root)));
        world.jobs.forEach(job -> jobs.add(copy(job.root)));
        countRoot = world.space.counts().rootPage();
        countHeight = world.space.counts().height();
        usedBlocks = world.space.usedBlocks();
        slots.freeze();
        freeze = world.pages.freeze(slots::replaced);
    }

    /** One that nobody compares. */
    HeapCheckpoint(PageStore pages, HeapSlots slots) {
        this.slots = slots;
        digest = 0;
        countRoot = 0;
        countHeight = 0;
        usedBlocks = 0;
        slots.freeze();
        freeze = pages.freeze(slots::replaced);
    }

    private static MappingRoot copy(MappingRoot root) {
        return new MappingRoot(root.pointer(), root.mappedBlocks(), root.ownedAfter());
    }

    /** One small step; whether all is written. */
    boolean step() {
        if (done) {
            return true;
        }
        if (!leavesDone) {
            stepLeaf();
        } else if (freeze.nextNode()) {
            image.clear();
            if (freeze.nodeImage(image, 0) > 0) {
                byte[] content = content();
                freeze.placeNode(slots.put(content), HeapSlots.checksum(PageKind.TABLE_NODE, freeze.node(), content));
            } else {
                freeze.placeNode(0, 0);
            }
        } else {
            freeze.forEachNode((index, slot, checksum) -> nodes.add(new SavedNode(index, slot, checksum)));
            freeze.end();
            slots.commit();
            done = true;
        }
        return done;
    }

    private void stepLeaf() {
        if (page < 0) {
            leavesDone = !freeze.nextLeaf();
            page = 0;
        } else if (page < freeze.pages()) {
            freeze.copyPage(page, image, 0);
            byte[] content = content();
            freeze.placePage(page, slots.put(content), HeapSlots.checksum(PageKind.PAGE, freeze.pageId(page), content));
            page++;
        } else {
            if (freeze.leafImage(image, 0) > 0) {
                byte[] content = content();
                freeze.placeLeaf(slots.put(content), HeapSlots.checksum(PageKind.TABLE_LEAF, freeze.leaf(), content));
            } else {
                freeze.placeLeaf(0, 0);
            }
            freeze.written();
            page = -1;
        }
    }

    private byte[] content() {
        byte[] content = new byte[PageStore.PAGE_BYTES];
        image.get(0, content);
        return content;
    }

    /** Reads everything back into a store of pages of that budget: the same, and nothing missing or too much. */
    void check(long budgetBytes) {
        assertThat(done).isTrue();
        try (PageStore pages = restored(budgetBytes)) {
            Space space = new Space(pages);
            space.restore(countRoot, countHeight, usedBlocks);
            TreeDigest digests = new TreeDigest(pages);
            long sum = space.digest();
            TreeAudit audit = new TreeAudit(pages);
            for (List<MappingRoot> all : List.of(volumes, jobs)) {
                for (MappingRoot root : all) {
                    sum = TreeDigest.mix(sum, digests.tree(root));
                    audit.tree("root " + all.indexOf(root), root);
                }
            }
            space.audit(audit);
            assertThat(audit.finish()).isEmpty();
            assertThat(sum).isEqualTo(digest);
            assertThat(pages.residentPages()).isLessThanOrEqualTo(pages.budgetPages() + 1);
        }
    }

    PageStore restored(long budgetBytes) {
        PageStore pages = new PageStore(slots, budgetBytes);
        nodes.forEach(node -> pages.restoreNode(node.index(), node.slot(), node.checksum()));
        pages.restore(freeze.lastId(), freeze.livePages());
        return pages;
    }
}
