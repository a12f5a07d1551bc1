package dev.tidemark.storage;

import dev.tidemark.storage.sim.SimStorage;

class SimStorageContractTest extends StorageContract {
    @Override
    Storage create() {
        return new SimStorage(7);
    }
}
