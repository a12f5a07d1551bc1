package dev.tidemark.tools.bench;

import java.nio.file.Path;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.type.ByteArrayDataType;

/** Blocks in H2's MVStore; a flush commits and syncs its file. */
final class MvBlocks implements BlockPeer {
    private static final int CACHE_MB = 256;

    private final MVStore store;
    private final MVMap<byte[], byte[]> map;

    /** Autocommit stays on, as it comes, for its background compaction. */
    MvBlocks(Path file) {
        store = new MVStore.Builder()
                .fileName(file.toString())
                .cacheSize(CACHE_MB)
                .open();
        map = store.openMap(
                "blocks",
                new MVMap.Builder<byte[], byte[]>()
                        .keyType(ByteArrayDataType.INSTANCE)
                        .valueType(ByteArrayDataType.INSTANCE));
    }

    @Override
    public String title() {
        return "H2 MVStore";
    }

    @Override
    public void write(long block, byte[] content) {
        map.put(BlockPeer.key(block), content.clone());
    }

    @Override
    public void flush() {
        store.commit();
        store.sync();
    }

    @Override
    public void close() {
        store.closeImmediately();
    }
}
