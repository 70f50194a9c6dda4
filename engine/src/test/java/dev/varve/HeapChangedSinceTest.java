package dev.varve;

class HeapChangedSinceTest extends ChangedSinceContractTest {
    @Override
    Engine open() {
        return Engine.ephemeral(SampleDisk.options());
    }

    @Override
    Engine reopened(Engine engine) {
        return engine; // it would be gone
    }
}
