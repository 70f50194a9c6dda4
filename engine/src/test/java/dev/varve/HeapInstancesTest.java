package dev.varve;

class HeapInstancesTest extends InstancesContractTest {
    @Override
    Engine open(EngineOptions options) {
        return Engine.ephemeral(options);
    }
}
