package dev.varve.snapshot;

import dev.varve.catalog.Fixture;
import dev.varve.store.Store;

class HeapSnapshotsTest extends SnapshotsContractTest {
    @Override
    Store create() {
        return Fixture.store(BLOCK);
    }
}
