package dev.tidemark.engine.mapping;

import org.agrona.collections.Long2LongHashMap;

/**
 * A digest of trees: their shape, every mapping (physical block, flags, checksum), and how often each page is
 * shared. Page ids, entry versions and what a tree owns are left out. A page that trees share is digested once. The
 * digest of
 * all trees is the caller's combination. Writer thread; the trees must not change while one object is in use.
 */
public final class TreeDigest {
    private static final long NONE = 0;
    private static final long SEED = 0x9E37_79B9_7F4A_7C15L;

    private final PageStore pages;
    private final Long2LongHashMap digests = new Long2LongHashMap(NONE);

    public TreeDigest(PageStore pages) {
        this.pages = pages;
    }

    /** The digest of one tree. */
    public long tree(MappingRoot root) {
        if (root.isEmpty()) {
            return SEED;
        }
        return mix(mix(root.height(), root.mappedBlocks()), page(root.pageId(), root.height()));
    }

    /** Stirs one more value into a digest; the order of values counts. */
    public static long mix(long digest, long value) {
        // The finalizer of SplitMix64 (Steele, Lea, Flood 2014) over a running sum.
        long z = (digest ^ value * 0xD6E8_FEB8_6659_FD93L) + SEED;
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }

    private long page(long id, int height) {
        long known = digests.get(id);
        if (known != NONE) {
            return known;
        }
        long page = pages.readable(id, height);
        long digest = mix(height, pages.references(id));
        for (int i = 0; i < MappingPage.ENTRIES; i++) {
            long entry = MappingPage.entry(page, i);
            long first = MappingPage.place(entry);
            if (first == 0) {
                continue;
            }
            digest = mix(digest, i);
            if (height == 1) {
                digest = mix(mix(digest, first), MappingPage.checksum(entry));
            } else {
                digest = mix(mix(digest, page(first, height - 1)), MappingPage.mapped(entry));
            }
        }
        digest = digest == NONE ? SEED : digest;
        digests.put(id, digest);
        return digest;
    }
}
