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
 * memtable
 * nor compaction counts against it.
 */
final class RocksLog {
    private interface Work {
        double run(RocksDB db, WriteBatch batch) throws RocksDBException;
    }

    private RocksLog() {}

    static double synced(Path place, byte[] record, long nanos) throws IOException {
        return inDatabase(place, (db, batch) -> {
            try (WriteOptions options = new WriteOptions().setSync(true)) {
                long start = System.nanoTime();
                long count = 0;
                while (System.nanoTime() - start < nanos) {
                    write(db, options, batch, record);
                    count++;
                }
                return (double) count * 1e9 / (System.nanoTime() - start);
            }
        });
    }

    static double unsynced(Path place, byte[] record, int events) throws IOException {
        return inDatabase(place, (db, batch) -> {
            try (WriteOptions options = new WriteOptions().setSync(false)) {
                long start = System.nanoTime();
                for (int i = 0; i < events; i++) {
                    write(db, options, batch, record);
                }
                return events * 1e9 / (System.nanoTime() - start);
            }
        });
    }

    private static void write(RocksDB db, WriteOptions options, WriteBatch batch, byte[] record)
            throws RocksDBException {
        batch.clear();
        batch.putLogData(record);
        db.write(options, batch);
    }

    private static double inDatabase(Path place, Work work) throws IOException {
        RocksDB.loadLibrary();
        Files.createDirectories(place);
        try (Options options = new Options().setCreateIfMissing(true);
                RocksDB db = RocksDB.open(options, place.toString());
                WriteBatch batch = new WriteBatch()) {
            return work.run(db, batch);
        } catch (RocksDBException e) {
            throw new IOException("RocksDB: " + e.getMessage(), e);
        } finally {
            BenchFolders.remove(place);
        }
    }

    /** The peer's version, for the report. */
    static String version() {
        return RocksDB.rocksdbVersion().toString();
    }
}
