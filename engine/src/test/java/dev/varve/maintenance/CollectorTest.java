package dev.varve.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.catalog.Catalog;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestWriter;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.WriterStamp;
import dev.varve.store.Compression;
import dev.varve.store.GarbageCollection;
import dev.varve.store.HeapStore;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import dev.varve.store.StoreProperties;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class CollectorTest {
    private static final int CHUNK = 64 << 10;
    private static final String OWNER = "snap-0123456789abcdef0";

    private final AtomicBoolean broken = new AtomicBoolean();
    private final Store heap = new HeapStore(new StoreProperties(new UUID(1, 2), 1, CHUNK, Compression.STORED));

    /** Its nodes can't be read while it is broken. */
    private final Store store = (Store) Proxy.newProxyInstance(
            Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                if (method.getName().equals("node") && broken.get()) {
                    throw new ChunkMissingException(ChunkKey.plain((dev.varve.chunk.ChunkId) args[0]), "a test");
                }
                try {
                    return method.invoke(heap, args);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });

    private final Catalog catalog = new Catalog(store, Clock.systemUTC(), prefix -> prefix + "0123456789abcdef0");
    private final Manifests manifests = new Manifests(store, 1 << 20);
    private final Collector collector = new Collector(store, catalog, manifests);

    private GarbageCollection.Sweep collect() throws IOException {
        return collector.run(Duration.ZERO, false, () -> id -> 0, Pace.FULL).sweep();
    }

    private void hold(byte[] root) throws IOException {
        catalog.change(change -> {
            change.hold(OWNER, root);
            return OWNER;
        });
    }

    private Manifest write() throws IOException {
        try (ManifestWriter writer = manifests.writer("test", null, new WriterStamp(OWNER))) {
            writer.put(3, ByteBuffer.allocate(CHUNK).put(5, (byte) 5));
            Manifest manifest = writer.finish(1 << 20);
            writer.commit(Map.of(), Set.of());
            return manifest;
        }
    }

    @Test
    void nothingIsCollectedWhileAManifestIsDamaged() throws IOException {
        Manifest manifest = write();
        hold(manifest.toString().getBytes(StandardCharsets.US_ASCII));
        assertThat(collect().marked().chunks()).isEqualTo(1);

        broken.set(true);
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(this::collect)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("nothing is collected, since a manifest is damaged");
        }
        broken.set(false);
        assertThat(collect().marked().chunks()).as("none was condemned").isEqualTo(1);

        hold("no manifest".getBytes(StandardCharsets.US_ASCII));
        assertThatThrownBy(this::collect)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nothing is collected, since the manifest of " + OWNER + " can't be read");
    }

    @Test
    void whatIsInUseIsARoot() throws IOException {
        Manifest manifest = write();
        manifests.use(manifest);
        manifests.use(manifest);
        assertThat(collect().condemned().chunks()).isZero();
        manifests.leave(manifest);
        assertThat(collect().condemned().chunks()).isZero();
        manifests.leave(manifest);
        assertThat(collect().condemned().chunks()).isEqualTo(1);
        assertThat(manifests.inUse()).isEmpty();
    }

    @Test
    void releasesAreCounted() throws IOException {
        long before = catalog.rootsGone();
        hold(new byte[] {1});
        assertThat(catalog.rootsGone()).as("it may have replaced another").isGreaterThan(before);
        before = catalog.rootsGone();
        catalog.change(change -> {
            change.release(OWNER);
            return OWNER;
        });
        assertThat(catalog.rootsGone()).isGreaterThan(before);
        before = catalog.rootsGone();
        catalog.change(change -> change.now());
        assertThat(catalog.rootsGone()).isEqualTo(before);
    }
}
