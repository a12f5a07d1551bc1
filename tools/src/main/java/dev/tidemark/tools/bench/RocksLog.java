package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB's write-ahead log alone: records that go to the log and nowhere else ({@code putLogData}), so that neither
 * memtable nor compaction counts against it.
 */
final class RocksLog implements ForcedLog {
    static {
        RocksDB.loadLibrary();
    }

    private final Path place;
    private final byte[] record;
    private final Options options;
    private final WriteOptions synced = new WriteOptions().setSync(true);
    private final WriteOptions unsynced = new WriteOptions().setSync(false);
    private final WriteBatch batch = new WriteBatch();
    private final RocksDB db;

    RocksLog(Path place, byte[] record) throws IOException {
        this.place = place;
        this.record = record.clone();
        Files.createDirectories(place);
        options = new Options().setCreateIfMissing(true);
        try {
            db = RocksDB.open(options, place.toString());
        } catch (RocksDBException e) {
            throw failure(e);
        }
    }

    @Override
    public void appendForced() throws IOException {
        append(synced);
    }

    /** Appends one record and leaves it to the page cache. */
    void appendUnforced() throws IOException {
        append(unsynced);
    }

    private void append(WriteOptions how) throws IOException {
        try {
            batch.clear();
            batch.putLogData(record);
            db.write(how, batch);
        } catch (RocksDBException e) {
            throw failure(e);
        }
    }

    private static IOException failure(RocksDBException e) {
        return new IOException("RocksDB: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        batch.close();
        synced.close();
        unsynced.close();
        db.close();
        options.close();
        BenchFolders.remove(place);
    }

    /** The peer's version, for the report. */
    static String version() {
        return RocksDB.rocksdbVersion().toString();
    }
}
