package dev.varve;

class HeapVolumeTest extends VolumeContractTest {
    @Override
    Engine open(EngineOptions options) {
        return Engine.ephemeral(options);
    }
}
