package dev.tidemark.tools.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/** Blocks in RocksDB with its write-ahead log, which a flush syncs. */
final class RocksBlocks implements BlockPeer {
    private static final List<String> BACKGROUND_WORK = List.of(
            "rocksdb.mem-table-flush-pending",
            "rocksdb.num-running-flushes",
            "rocksdb.compaction-pending",
            "rocksdb.num-running-compactions");

    private static final long SETTLE_LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Options options;
    private final WriteOptions buffered;
    private final RocksDB db;

    /** Compression is off, as blocks here don't compress; compaction gets two threads; else as it comes. */
    RocksBlocks(Path folder) throws Exception {
        RocksDB.loadLibrary();
        Files.createDirectories(folder);
        buffered = new WriteOptions().setSync(false);
        options = new Options()
                .setCreateIfMissing(true)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setIncreaseParallelism(2);
        db = RocksDB.open(options, folder.toString());
    }

    @Override
    public String title() {
        return "RocksDB " + RocksDB.rocksdbVersion();
    }

    @Override
    public void write(long block, byte[] content) throws RocksDBException {
        db.put(buffered, BlockPeer.key(block), content);
    }

    @Override
    public void flush() throws RocksDBException {
        db.syncWal();
    }

    @Override
    public void settle() throws RocksDBException {
        long start = System.nanoTime();
        while (isBusy() && System.nanoTime() - start < SETTLE_LIMIT_NANOS) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    private boolean isBusy() throws RocksDBException {
        for (String property : BACKGROUND_WORK) {
            if (db.getLongProperty(property) != 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        db.close();
        buffered.close();
        options.close();
    }
}
