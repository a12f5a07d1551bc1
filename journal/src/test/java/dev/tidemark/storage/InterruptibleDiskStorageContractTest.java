package dev.tidemark.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** As in a JVM that was started without {@code --add-opens}. */
class InterruptibleDiskStorageContractTest extends StorageContract {
    @TempDir
    Path folder;

    @Override
    Storage create() {
        return new DiskStorage(folder, false);
    }
}
