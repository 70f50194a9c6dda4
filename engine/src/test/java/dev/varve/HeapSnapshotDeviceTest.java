package dev.varve;

class HeapSnapshotDeviceTest extends SnapshotDeviceContractTest {
    @Override
    Engine open(EngineOptions options) {
        return Engine.ephemeral(options);
    }
}
