package dev.varve;

class HeapRestoreTest extends RestoreContractTest {
    @Override
    Engine open(EngineOptions options) {
        return Engine.ephemeral(options);
    }

    @Override
    void reopen(EngineOptions options) {
        // it is gone when it is closed
    }
}
