package dev.tidemark.tools.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.CompressionType;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteOptions;

/** Blocks in RocksDB with its write-ahead log, which a flush syncs. */
final class RocksBlocks implements BlockPeer {
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
    public void close() {
        db.close();
        buffered.close();
        options.close();
    }
}
