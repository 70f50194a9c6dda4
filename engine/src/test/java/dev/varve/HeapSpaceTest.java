package dev.varve;

class HeapSpaceTest extends SpaceContractTest {
    @Override
    Engine open() {
        return Engine.ephemeral(SampleDisk.options());
    }
}
