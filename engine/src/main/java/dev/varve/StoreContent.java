package dev.varve;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.file.FileIo;
import dev.varve.store.PackStore;
import dev.varve.store.Store;
import dev.varve.store.StoreOptions;
import dev.varve.volume.LogBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The content of a store that nobody works with. Of its records only those of volumes are looked at, for their logs. */
final class StoreContent implements ContentSource {
    private final Store store;
    private final LogBytes logs;
    private final AutoCloseable beneath;

    private StoreContent(Store store, LogBytes logs, AutoCloseable beneath) {
        this.store = store;
        this.logs = logs;
        this.beneath = beneath;
    }

    static StoreContent open(Path folder, EngineOptions options) throws IOException {
        StoreOptions defaults = StoreOptions.defaults();
        FileIo io = defaults.io();
        StoreOptions with = new StoreOptions(
                defaults.chunkSizeBytes(),
                defaults.compression(),
                options.indexCacheBytes(),
                options.nativeFolder(),
                io);
        try {
            Store store = PackStore.open(folder, with);
            return new StoreContent(store, new LogBytes(store, io, folder.resolve(Engine.LOGS)), io);
        } catch (IOException | RuntimeException e) {
            io.close();
            throw e;
        }
    }

    @Override
    public byte @Nullable [] chunk(byte[] id) throws IOException {
        byte[] plain = new byte[store.properties().chunkSizeBytes()];
        try {
            store.get(ChunkKey.plain(ChunkId.of(id, 0)), ByteBuffer.wrap(plain));
            return plain;
        } catch (IOException e) { // whatever it is, another one may be had
            return null;
        }
    }

    @Override
    public byte @Nullable [] node(byte[] id) throws IOException {
        try {
            return store.node(ChunkId.of(id, 0));
        } catch (IOException e) { // whatever it is, another one may be had
            return null;
        }
    }

    @Override
    public byte @Nullable [] logBytes(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException {
        return logs.read(nonce, offsetBytes, lengthBytes);
    }

    @Override
    public void close() throws IOException {
        try (beneath) {
            store.close();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
