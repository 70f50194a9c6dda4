package dev.varve.cache;

class JdkCacheTest extends MappedCacheContract {
    JdkCacheTest() {
        super(FileSlots.Mapping.JDK);
    }
}
