package dev.varve.store;

import static dev.varve.store.StoreContractTest.CHUNK;
import static dev.varve.store.StoreContractTest.assertHolds;
import static dev.varve.store.StoreContractTest.chunk;
import static dev.varve.store.StoreContractTest.key;
import static dev.varve.store.StoreContractTest.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Puts back what was lost, beside writers and collections, and when the process ends. */
class PackMendingTest {
    @TempDir
    Path folder;

    private Path root() {
        return folder.resolve("store");
    }

    private static StoreOptions options(FileIo io) {
        return new StoreOptions(CHUNK, Compression.LZ4, 8 << 20, Path.of("target", "native"), io);
    }

    private static void commit(Store store, int... numbers) throws IOException {
        try (WriteLease lease = store.write("test")) {
            for (int number : numbers) {
                put(lease, number);
            }
            lease.commit(Map.of("test", new byte[] {1}), Set.of());
        }
    }

    /** Flips a bit of a chunk's frame; it may lie in a file of any number. */
    private void damage(PackStore store, int number) throws IOException {
        Location place = store.files().index().chunk(key(chunk(number)));
        Path pack = store.files().packs().path(place.pack());
        try (FileChannel file = FileChannel.open(pack, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            file.read(one, place.offsetBytes() + 70);
            one.put(0, (byte) (one.get(0) ^ 1)).flip();
            file.write(one, place.offsetBytes() + 70);
        }
        assertThatThrownBy(() -> assertHolds(store, number)).isInstanceOf(IOException.class);
    }

    private static void mend(Store store, int... numbers) throws IOException {
        try (Mending mending = store.mend(Set.of())) {
            for (int number : numbers) {
                mending.chunk(key(chunk(number)), chunk(number));
            }
            mending.commit();
        }
    }

    private static void evacuate(Store store, Set<Integer> packs) throws IOException {
        try (GarbageCollection collection = store.collect()) {
            collection.evacuate(packs, id -> 0, Pace.FULL);
        }
    }

    @Test
    void damagedChunksAreReadAgainAndTheirPackGoes() throws IOException {
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, 1, 2, 3, 4);
            damage(store, 2);
            assertThat(Verified.problems(store)).hasSize(1);
            mend(store, 2);
            assertHolds(store, 2);
            assertThat(Verified.problems(store)).isEmpty();
            evacuate(store, Set.of(1));
            assertThat(store.files().packs().path(1)).doesNotExist();
        }
        try (PackStore store = PackStore.open(root(), options(new FileIo()))) {
            for (int i = 1; i <= 4; i++) {
                assertHolds(store, i);
            }
            assertThat(Verified.problems(store)).isEmpty();
            assertThat(store.stats().packBytes())
                    .isEqualTo(store.stats().liveBytes()
                            + (long) PackHeader.BYTES * store.stats().packs());
        }
    }

    @Test
    void missingEntriesAndNodesAreWrittenAnew() throws IOException {
        byte[] node = {1, 2, 3};
        ChunkId id;
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, 1, 2);
            try (WriteLease lease = store.write("test")) {
                id = lease.putNode(node);
                lease.commit(Map.of(), Set.of());
            }
            try (IndexBatch batch = store.files().index().batch()) {
                store.files().index().write(batch.deleteChunk(key(chunk(1))).deleteNode(id), false);
            }
            assertThatThrownBy(() -> store.node(id)).isInstanceOf(IOException.class);
            try (Mending mending = store.mend(Set.of())) {
                mending.chunk(key(chunk(1)), chunk(1));
                mending.node(ChunkKey.plain(id), node);
                mending.commit();
            }
        }
        try (PackStore store = PackStore.open(root(), options(new FileIo()))) {
            assertHolds(store, 1);
            assertThat(store.node(id)).isEqualTo(node);
        }
    }

    @Test
    void nothingIsTakenThatIsNotWhatItIsCalled() throws IOException {
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, 1);
            damage(store, 1);
            try (Mending mending = store.mend(Set.of())) {
                assertThatThrownBy(() -> mending.chunk(key(chunk(1)), chunk(2)))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> mending.node(key(chunk(1)), new byte[] {1}))
                        .isInstanceOf(IllegalArgumentException.class);
                mending.commit();
            }
            assertThatThrownBy(() -> assertHolds(store, 1)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void onlyWhatCanNotBeReadIsDropped() throws IOException {
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, 1, 2);
            damage(store, 1);
            try (Mending mending = store.mend(Set.of())) {
                mending.drop(key(chunk(1)));
                mending.drop(key(chunk(2)));
                mending.drop(key(chunk(3)));
                mending.commit();
            }
            assertThat(store.contains(key(chunk(1)))).isFalse();
            assertHolds(store, 2);
            assertThat(Verified.problems(store)).isEmpty();
            commit(store, 1); // and put as new
            assertHolds(store, 1);
        }
    }

    /** A chunk that a writer has put, and that nothing has named yet, goes with the writer, mended or not. */
    @Test
    void whatIsUnsettledOrCondemnedStaysSo() throws IOException {
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, 1, 5);
            try (GarbageCollection collection = store.collect()) {
                collection.markChunk(key(chunk(5)));
                collection.sweep(Instant.EPOCH.plusSeconds(9), Duration.ZERO, false, Pace.FULL);
            }
            assertThat(store.isWanted(key(chunk(1)))).isFalse();
            try (WriteLease lease = store.write("dies")) {
                put(lease, 2);
                store.leases().publish();
                damage(store, 2);
                mend(store, 1, 2);
                assertHolds(store, 2);
                assertThat(store.isWanted(key(chunk(1)))).isFalse();
            }
            assertThat(store.contains(key(chunk(2)))).isFalse();
            assertThat(Verified.problems(store)).isEmpty();
        }
    }

    /** Stops, cuts the power or fails one change at every change to a pack, and looks at what is left. */
    @ParameterizedTest
    @ValueSource(strings = {"killed", "power cut", "failed"})
    void everyCrashLeavesAllThatWasThere(String fault) throws IOException {
        FaultyFiles faults = new FaultyFiles(Long.getLong("varve.seed", 7), folder.resolve("graves"));
        boolean hit = true;
        for (long change = 0; hit; change++) {
            String when = "change " + change + ", " + fault;
            Path root = folder.resolve("store" + change);
            PackStore store = PackStore.create(root, options(new FileIo(faults)));
            commit(store, 1, 2, 3, 4);
            damage(store, 2);
            if (fault.equals("failed")) {
                faults.failAt(change);
            } else {
                faults.stopAt(change);
            }
            boolean done = false;
            try {
                mend(store, 2);
                done = true;
                evacuate(store, Set.of(1));
                commit(store, 9);
            } catch (IOException e) {
                assertThat(e).as(when).hasMessageContaining("");
            }
            hit = faults.hit();
            if (fault.equals("failed")) {
                faults.failNever();
                store.close();
            } else {
                store.files().close();
                if (fault.equals("killed")) {
                    faults.killProcess();
                } else {
                    faults.losePower();
                }
            }
            try (PackStore opened = PackStore.open(root, options(new FileIo(faults)))) {
                for (int i : new int[] {1, 3, 4}) {
                    assertHolds(opened, i);
                }
                if (done) {
                    assertHolds(opened, 2);
                }
                mend(opened, 2);
                assertHolds(opened, 2);
                assertThat(Verified.problems(opened)).as(when).isEmpty();
            }
        }
    }

    /** The control: without the new place in the index nothing is mended. */
    @Test
    void whatWasNotPublishedIsAsBefore() throws IOException {
        try (PackStore store = PackStore.create(root(), options(new FileIo()))) {
            commit(store, 1);
            damage(store, 1);
            try (Mending mending = store.mend(Set.of())) {
                mending.chunk(key(chunk(1)), chunk(1));
            }
            assertThatThrownBy(() -> assertHolds(store, 1)).isInstanceOf(IOException.class);
            assertThat(Files.size(store.files().packs().path(1)))
                    .as("the copy was cut off")
                    .isEqualTo(store.stats().liveBytes() + PackHeader.BYTES);
        }
    }
}
