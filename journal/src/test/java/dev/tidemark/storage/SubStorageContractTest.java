package dev.tidemark.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SubStorageContractTest extends StorageContract {
    @TempDir
    Path folder;

    @Override
    Storage create() throws IOException {
        SubStorage storage = new SubStorage(new DiskStorage(folder), "sub");
        storage.createDirectory("");
        return storage;
    }

    @Override
    String toldName(String name) {
        return "sub/" + name;
    }
}
