package dev.varve.cache;

class ChronicleCacheTest extends MappedCacheContract {
    ChronicleCacheTest() {
        super(FileSlots.Mapping.CHRONICLE);
    }
}
