package dev.tidemark.engine.mapping;

import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Long2LongCounterMap;
import org.agrona.collections.Long2LongHashMap;

/**
 * The full check of all trees against what is stored beside them. Give it every root that is attached, of volumes and
 * of
 * jobs, then the other owners of pages ({@code Space.audit}), then ask for the findings. It looks at each page once,
 * however many trees share it. Writer thread; memory grows with the pages and blocks in use.
 */
public final class TreeAudit {
    /** More findings than this tell nothing new: the rest is only counted. */
    private static final int MAX_FINDINGS = 100;

    private static final long NONE = -1;

    private final PageStore pages;
    /** By page: links found; height; mapped blocks below. */
    private final Long2LongCounterMap links = new Long2LongCounterMap(0);

    private final Long2LongHashMap heights = new Long2LongHashMap(NONE);
    private final Long2LongHashMap mappedBelow = new Long2LongHashMap(NONE);
    private final Long2LongCounterMap blockReferences = new Long2LongCounterMap(0);
    private final List<String> findings = new ArrayList<>();
    private long moreFindings;
    private String tree = "";

    public TreeAudit(PageStore pages) {
        this.pages = pages;
    }

    /** Walks one tree; {@code name} says in findings whose it is. */
    public void tree(String name, MappingRoot root) {
        tree = name;
        if (root.isDetached()) {
            finding("the root is detached: it holds no pages");
            return;
        }
        if (root.isEmpty()) {
            if (root.mappedBlocks() != 0) {
                finding("an empty tree says that it has " + root.mappedBlocks() + " mapped blocks");
            }
            return;
        }
        if (root.height() > MappingPage.MAX_HEIGHT) {
            finding("height " + root.height());
            return;
        }
        link(root.pageId());
        long mapped = page(root.pageId(), root.height(), root.ownedAfter(), true);
        if (mapped != root.mappedBlocks() || mapped == 0) {
            finding("the root says " + root.mappedBlocks() + " mapped blocks, its pages hold " + mapped);
        }
    }

    /** Notes a link to a page of another kind of tree; each such page must be told as often as it is linked. */
    public void link(long pageId) {
        links.incrementAndGet(pageId);
    }

    /** How many entries of the trees walked so far refer to a physical block. */
    public long blockReferences(long physical) {
        return blockReferences.get(physical);
    }

    /** How many physical blocks the trees walked so far refer to. */
    public long referredBlocks() {
        return blockReferences.size();
    }

    /** Adds what another check found. */
    public void finding(String text) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add(tree.isEmpty() ? text : tree + ": " + text);
        } else {
            moreFindings++;
        }
    }

    /** Compares the links with the stored references, then tells all findings; none when all is well. */
    public List<String> finish() {
        tree = "";
        links.forEach((page, count) -> {
            if (pages.references(page) != count) {
                finding("page " + page + " has " + pages.references(page) + " references, but " + count + " links");
            }
        });
        if (pages.livePages() != links.size()) {
            finding(pages.livePages() + " pages are live, but " + links.size() + " are linked");
        }
        List<String> all = new ArrayList<>(findings);
        if (moreFindings > 0) {
            all.add("and " + moreFindings + " more");
        }
        return all;
    }

    /** Walks a page that was not seen before; returns how many mapped blocks are below. */
    private long page(long id, int height, long ownedAfter, boolean parentOwned) {
        if (id > ownedAfter && (!parentOwned || pages.references(id) != 1)) {
            finding("page " + id + " is owned, but shared, or below a page that is not owned");
        }
        long known = mappedBelow.get(id);
        if (known != NONE) {
            if (heights.get(id) != height) {
                finding("page " + id + " is linked at height " + height + " and " + heights.get(id));
            }
            return known;
        }
        if (pages.references(id) == 0) {
            finding("page " + id + " is linked, but dead");
            return 0;
        }
        heights.put(id, height);
        long mapped = height == 1 ? leaf(id) : inner(id, height, ownedAfter);
        mappedBelow.put(id, mapped);
        return mapped;
    }

    private long leaf(long id) {
        long page = pages.readable(id, 1);
        long mapped = 0;
        for (int i = 0; i < MappingPage.ENTRIES; i++) {
            long entry = MappingPage.entry(page, i);
            if (MappingPage.isChanging(entry)) {
                finding("page " + id + " entry " + i + " was left in the middle of a change");
            }
            long physical = MappingPage.physical(MappingPage.place(entry));
            if (physical != 0) {
                blockReferences.incrementAndGet(physical);
                mapped++;
            } else if (MappingPage.place(entry) != 0 || MappingPage.checksum(entry) != 0) {
                finding("page " + id + " entry " + i + " is unmapped, but not empty");
            }
        }
        return mapped;
    }

    private long inner(long id, int height, long ownedAfter) {
        long page = pages.readable(id, height);
        long mapped = 0;
        for (int i = 0; i < MappingPage.ENTRIES; i++) {
            long entry = MappingPage.entry(page, i);
            long child = MappingPage.child(entry);
            long said = MappingPage.mapped(entry);
            long below = 0;
            if (child < 0 || child > PageStore.MAX_ID) {
                finding("page " + id + " entry " + i + " is no page id");
                continue;
            }
            if (child != 0) {
                link(child);
                below = page(child, height - 1, ownedAfter, id > ownedAfter);
            }
            if (below != said || (child != 0 && below == 0)) {
                finding("page " + id + " entry " + i + " says " + said + " mapped blocks below, there are " + below);
            }
            mapped += below;
        }
        return mapped;
    }
}
