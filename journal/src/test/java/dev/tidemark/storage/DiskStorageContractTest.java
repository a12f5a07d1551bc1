package dev.tidemark.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class DiskStorageContractTest extends StorageContract {
    @TempDir
    Path folder;

    @Override
    Storage create() {
        return new DiskStorage(folder);
    }
}
