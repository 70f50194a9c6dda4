package dev.varve.catalog;

import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.Store;
import dev.varve.store.StoreProperties;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** A catalog on the heap with a clock that stands still and ids that count. */
public final class Fixture {
    public static final Instant NOW = Instant.parse("2026-11-21T10:00:00.123Z");
    public static final Scope SCOPE = new Scope("123456789012", "eu-west-1");

    private Fixture() {}

    public static Store store() {
        return store(4096);
    }

    public static Store store(int chunkSizeBytes) {
        return new HeapStore(new StoreProperties(UUID.randomUUID(), 1, chunkSizeBytes, Compression.STORED));
    }

    public static Catalog catalog(Store store) {
        return new Catalog(store, Clock.fixed(NOW, ZoneOffset.UTC), countingIds());
    }

    public static IdSource countingIds() {
        AtomicLong count = new AtomicLong();
        return prefix -> prefix + String.format("%017x", count.incrementAndGet());
    }
}
