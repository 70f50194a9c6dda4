package dev.varve.store;

class HeapStoreTest extends StoreContractTest {
    @Override
    Store open() {
        return new HeapStore(properties(Compression.STORED));
    }
}
