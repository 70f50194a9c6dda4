package dev.varve.store;

import java.nio.file.Path;

/**
 * Where a store's files lie.
 *
 * <pre>
 *  FORMAT      version, id, chunk size, compression; written last when a store is made
 *  OWNER       process id and command of the last process that opened the store
 *  HEAD        how far the index is known to be durable
 *  index/      RocksDB
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

    Path packs() {
        return root.resolve("packs");
    }

    Path pack(int number) {
        return packs().resolve(String.format("%08x.pack", number));
    }
}
