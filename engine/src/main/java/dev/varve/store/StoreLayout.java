package dev.varve.store;

import java.nio.file.Path;

/**
 * Where a store's files lie.
 *
 * <pre>
 *  FORMAT      version, id, chunk size, compression; written last when a store is made
 *  OWNER       process id and command of the last process that opened the store
 *  HEAD        how far the index is known to be durable
 *  index/      RocksDB; while it is rebuilt index.new/, then index.rebuilt/, and the old one becomes index.damaged/
 *  packs/      chunk frames: 00000001.pack, ...
 *  cache/      the chunk cache: may be deleted while nothing has the store open
 * </pre>
 *
 * @param root the store's folder
 */
record StoreLayout(Path root) {
    Path format() {
        return root.resolve("FORMAT");
    }

    Path owner() {
        return root.resolve("OWNER");
    }

    Path head() {
        return root.resolve("HEAD");
    }

    Path index() {
        return root.resolve("index");
    }

    /** An index that is being made of what is left. */
    Path newIndex() {
        return root.resolve("index.new");
    }

    /** The same once it is whole: it is the store's from then on, whatever the other one is called. */
    Path rebuiltIndex() {
        return root.resolve("index.rebuilt");
    }

    /** What a rebuilt index took the place of. */
    Path damagedIndex() {
        return root.resolve("index.damaged");
    }

    Path packs() {
        return root.resolve("packs");
    }

    Path pack(int number) {
        return packs().resolve(String.format("%08x.pack", number));
    }
}
