package dev.varve.store;

import static dev.varve.store.StoreContractTest.CHUNK;
import static dev.varve.store.StoreContractTest.assertHolds;
import static dev.varve.store.StoreContractTest.chunk;
import static dev.varve.store.StoreContractTest.key;
import static dev.varve.store.StoreContractTest.put;
import static dev.varve.store.StoreContractTest.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.FrameCodec;
import dev.varve.chunk.StoredCodec;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a review has found: interleavings, closings and damage that lost something. */
class StoreBreakTest {
    @TempDir
    Path folder;

    private FaultyFiles faults;

    @BeforeEach
    void makeFaults() throws IOException {
        faults = new FaultyFiles(Long.getLong("varve.seed", 7), folder.resolve("graves"));
    }

    private Path root() {
        return folder.resolve("store");
    }

    private StoreOptions options() {
        return options(CHUNK);
    }

    private StoreOptions options(int chunkSize) {
        return new StoreOptions(chunkSize, Compression.LZ4, 8 << 20, Path.of("target", "native"), new FileIo(faults));
    }

    /** Waits until a thread has ended or waits for somebody. */
    private static void awaitHalt(Thread thread) {
        while (thread.getState() != Thread.State.TERMINATED
                && thread.getState() != Thread.State.WAITING
                && thread.getState() != Thread.State.BLOCKED) {
            Thread.onSpinWait();
        }
    }

    private static Map<String, byte[]> onRead(Map<String, byte[]> map, Runnable task) {
        return new AbstractMap<>() {
            @Override
            public Set<Entry<String, byte[]>> entrySet() {
                task.run();
                return map.entrySet();
            }
        };
    }

    @Test
    void closingTheStoreDuringACommitLosesNothingThatWasCommitted() throws Exception {
        PackStore store = PackStore.create(root(), options());
        WriteLease lease = store.write("lease");
        put(lease, 1);
        Thread closer = new Thread(() -> {
            try {
                store.leases().close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        boolean committed = false;
        try {
            lease.commit(
                    onRead(record("r"), () -> {
                        closer.start();
                        awaitHalt(closer);
                    }),
                    Set.of());
            committed = true;
        } catch (IOException | IllegalStateException e) {
            assertThat(e).isNotNull();
        }
        closer.join();
        store.close();
        try (PackStore opened = PackStore.open(root(), options())) {
            if (committed || opened.record("r") != null) {
                assertHolds(opened, 1);
            }
        }
    }

    @Test
    void closedPacksTakeNoFrame() throws IOException {
        PackStore store = PackStore.create(root(), options());
        try (WriteLease lease = store.write("lease")) {
            put(lease, 1);
            lease.commit(record("r"), Set.of());
        }
        Packs packs = store.files().packs();
        store.close();
        ByteBuffer frame = new FrameCodec(CHUNK).encode(key(chunk(2)), chunk(2), StoredCodec.INSTANCE);
        assertThatThrownBy(() -> packs.append(frame, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> packs.file(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void closedStoreTakesNoRecords() throws IOException {
        for (int i = 0; i < 50; i++) {
            PackStore store = PackStore.create(folder.resolve("store" + i), options());
            store.close();
            assertThatThrownBy(() -> store.commit(record("r"), Set.of("s"))).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void failedSyncIsNotForgottenByTheNextPublication() throws IOException {
        try (PackStore store = PackStore.create(root(), options())) {
            Packs packs = store.files().packs();
            Flights flights = new Flights(store.files().index(), packs, List.of());
            FrameCodec frames = new FrameCodec(CHUNK);
            flights.add(key(chunk(1)), packs.append(frames.encode(key(chunk(1)), chunk(1), StoredCodec.INSTANCE), 1));
            faults.failWhen((call, path) ->
                    call == FaultyFiles.Call.SYNC && path.toString().endsWith(".pack"));
            assertThatThrownBy(flights::publish).isInstanceOf(IOException.class);
            faults.failNever();
            assertThatThrownBy(flights::publish).isInstanceOf(IOException.class);
        }
    }

    @Test
    void chunkThatIsAddedAfterItsPackHasFailedIsNotPublished() throws IOException {
        try (PackStore store = PackStore.create(root(), options())) {
            Packs packs = store.files().packs();
            Flights flights = new Flights(store.files().index(), packs, List.of());
            FrameCodec frames = new FrameCodec(CHUNK);
            flights.add(key(chunk(1)), packs.append(frames.encode(key(chunk(1)), chunk(1), StoredCodec.INSTANCE), 1));
            Location late = packs.append(frames.encode(key(chunk(2)), chunk(2), StoredCodec.INSTANCE), 1);
            faults.failWhen((call, path) ->
                    call == FaultyFiles.Call.SYNC && path.toString().endsWith(".pack"));
            assertThatThrownBy(flights::publish).isInstanceOf(IOException.class);
            faults.failNever();
            flights.drop();
            flights.add(key(chunk(2)), late);
            assertThatThrownBy(flights::publish).isInstanceOf(IOException.class);
            flights.drop();
            flights.add(key(chunk(3)), packs.append(frames.encode(key(chunk(3)), chunk(3), StoredCodec.INSTANCE), 1));
            flights.publish();
        }
    }

    @Test
    void failedSyncOfTheFolderIsNotForgotten() throws IOException {
        try (PackStore store = PackStore.create(root(), options())) {
            Packs packs = store.files().packs();
            packs.append(new FrameCodec(CHUNK).encode(key(chunk(1)), chunk(1), StoredCodec.INSTANCE), 1);
            faults.failWhen((call, path) -> call == FaultyFiles.Call.SYNC_DIRECTORY);
            assertThatThrownBy(packs::sync).isInstanceOf(IOException.class);
            assertThatThrownBy(packs::sync).isInstanceOf(IOException.class);
        }
    }

    @Test
    void jointNodesBeyondTheBoundSurviveTheirFirstWriter() throws Exception {
        int count = (1 << 16) + 6000;
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (PackStore store = PackStore.create(root(), options())) {
            WriteLease first = store.write("first");
            List<ChunkId> ids = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ids.add(first.putNode(ByteBuffer.allocate(4).putInt(i).array()));
            }
            try (WriteLease second = store.write("second")) {
                List<Thread> threads = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    int part = t;
                    Thread thread = new Thread(() -> {
                        try {
                            for (int i = part; i < count; i += 4) {
                                second.putNode(ByteBuffer.allocate(4).putInt(i).array());
                            }
                        } catch (Throwable e) {
                            failure.set(e);
                        }
                    });
                    threads.add(thread);
                    thread.start();
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                first.close();
                second.commit(record("r"), Set.of());
            }
            assertThat(failure.get()).isNull();
            int missing = 0;
            for (ChunkId id : ids) {
                try {
                    store.node(id);
                } catch (IOException e) {
                    missing++;
                }
            }
            assertThat(missing).isZero();
        }
    }

    private static Path newest(Path index, String name) throws IOException {
        try (Stream<Path> files = Files.list(index)) {
            return files.filter(file -> file.getFileName().toString().matches(name))
                    .max(java.util.Comparator.comparing(Path::toString))
                    .orElseThrow();
        }
    }

    @Test
    void tornManifestIsDetectedBeforeAnythingIsDropped() throws IOException {
        try (PackStore store = PackStore.create(root(), options())) {
            try (WriteLease lease = store.write("long")) {
                put(lease, 1);
                store.files().index().flush(); // as RocksDB does by itself in a long import
                put(lease, 2);
                lease.commit(record("r"), Set.of());
            }
            store.commit(record("later"), Set.of());
        }
        Path manifest = newest(root().resolve("index"), "MANIFEST-.*");
        flipLength(manifest, -2);
        long before = Files.size(root().resolve("packs/00000001.pack"));
        try (PackStore store = PackStore.open(root(), options())) {
            assertThat(store.record("r")).isNotNull();
            assertHolds(store, 1);
            assertHolds(store, 2);
        } catch (StoreCorruptException e) {
            assertThat(e).hasMessageContaining("index");
        }
        assertThat(Files.size(root().resolve("packs/00000001.pack"))).isEqualTo(before);
    }

    /**
     * Killed when RocksDB had begun another log, and before the tables that make the older one unneeded were in its manifest:
     * the logs and the head as they are then, the rest as it was before.
     */
    @Test
    void flippedByteInAnOlderLogIsDetected() throws IOException {
        Path index = root().resolve("index");
        Path killed = folder.resolve("killed");
        Path kept = folder.resolve("older.log");
        Path older;
        int commits = 0;
        try (PackStore store = PackStore.create(root(), options())) {
            older = newest(index, ".*\\.log");
            Files.createLink(kept, older); // RocksDB deletes it when it likes
            copy(root(), killed);
            try (WriteLease lease = store.write("lease")) {
                while (newest(index, ".*\\.log").equals(older)) {
                    lease.putNode(ByteBuffer.allocate(commits < 225 ? 1 << 16 : 500)
                            .putInt(commits)
                            .array());
                    store.commit(record("r/" + commits++), Set.of());
                }
                lease.commit(record("end"), Set.of());
            }
            for (Path file : List.of(newest(index, ".*\\.log"), root().resolve("HEAD"))) {
                Files.copy(file, killed.resolve(root().relativize(file)), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Path damaged = killed.resolve("index").resolve(older.getFileName());
        Files.copy(kept, damaged, StandardCopyOption.REPLACE_EXISTING);
        Path whole = folder.resolve("whole");
        copy(killed, whole);
        try (PackStore store = PackStore.open(whole, options())) {
            for (int i = 0; i < commits; i++) {
                assertThat(store.record("r/" + i)).as("r/" + i).isNotNull();
            }
            assertThat(store.record("end")).isNotNull();
        }
        flipLength(damaged, 1);
        assertThatThrownBy(() -> PackStore.open(killed, options()))
                .isInstanceOf(StoreCorruptException.class)
                .hasMessageContaining("index");
    }

    /** Makes a record in the last block of a RocksDB log (CRC 4, length 2, little-endian, type 1) look torn. */
    private static void flipLength(Path file, int skip) throws IOException {
        byte[] log = Files.readAllBytes(file);
        List<Integer> records = new ArrayList<>();
        for (int at = 0; at + 7 <= log.length; ) {
            if (32768 - at % 32768 < 7) {
                at += 32768 - at % 32768;
                continue;
            }
            if (at % 32768 == 0) {
                records.clear();
            }
            records.add(at);
            at += 7 + (log[at + 4] & 0xff) + ((log[at + 5] & 0xff) << 8);
        }
        int at = records.get(skip < 0 ? records.size() + skip : skip);
        log[at + 5] ^= (byte) 0x80;
        Files.write(file, log);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : (Iterable<Path>) all.filter(Files::isRegularFile)::iterator) {
                Path target = to.resolve(from.relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    @Test
    void failedClosingGivesTheStoreFree() throws IOException {
        PackStore store = PackStore.create(root(), options());
        store.commit(record("a"), Set.of());
        Files.move(root().resolve("index"), root().resolve("elsewhere"));
        try {
            assertThatThrownBy(store::close).isInstanceOf(IOException.class);
        } finally {
            Files.move(root().resolve("elsewhere"), root().resolve("index"));
        }
        try (PackStore opened = PackStore.open(root(), options())) {
            assertThat(opened.record("a")).isNotNull();
        }
    }

    @Test
    void failureInAFolderNamedBlocksIsNotAStoreInUse() throws IOException {
        Path root = folder.resolve("blocks");
        PackStore store = PackStore.create(root, options());
        store.commit(record("a"), Set.of());
        Files.move(root.resolve("index"), root.resolve("elsewhere"));
        assertThatThrownBy(() -> store.files().index().flush()).isNotInstanceOf(StoreInUseException.class);
        Files.move(root.resolve("elsewhere"), root.resolve("index"));
        assertThatThrownBy(store::close).isNotInstanceOf(StoreInUseException.class);
        Files.delete(root.resolve("index/LOCK"));
        Files.createDirectory(root.resolve("index/LOCK"));
        assertThatThrownBy(() -> PackStore.open(root, options())).isNotInstanceOf(StoreInUseException.class);
    }

    @Test
    void liveBytesAreRightAfterACrashWhileReclaiming() throws IOException {
        PackStore store = PackStore.create(root(), options());
        try (WriteLease lease = store.write("first")) {
            put(lease, 1);
            lease.commit(record("a"), Set.of());
        }
        WriteLease dead = store.write("dead");
        put(dead, 2);
        store.leases().publish();
        store.files().packs().abandonTail();
        put(dead, 4);
        store.leases().publish();
        faults.failWhen(
                (call, path) -> call == FaultyFiles.Call.READ && path.toString().endsWith("00000002.pack"));
        dead.close(); // the names in the first pack go, then it fails
        faults.failNever();
        store.files().close();
        try (PackStore opened = PackStore.open(root(), options())) {
            assertThat(opened.stats().liveBytes()).isEqualTo(opened.stats().packBytes() - PackHeader.BYTES);
        }
    }

    @Test
    void checkSeesAFrameInThePlaceOfAnother() throws IOException {
        try (PackStore store = PackStore.create(root(), options())) {
            try (WriteLease lease = store.write("lease")) {
                put(lease, 1);
                put(lease, 3);
                lease.commit(record("a"), Set.of());
            }
        }
        Path pack = root().resolve("packs/00000001.pack");
        byte[] bytes = Files.readAllBytes(pack);
        int frame = (bytes.length - PackHeader.BYTES) / 2;
        byte[] swapped = bytes.clone();
        System.arraycopy(bytes, PackHeader.BYTES + frame, swapped, PackHeader.BYTES, frame);
        System.arraycopy(bytes, PackHeader.BYTES, swapped, PackHeader.BYTES + frame, frame);
        Files.write(pack, swapped);
        try (PackStore store = PackStore.open(root(), options())) {
            assertThatThrownBy(() -> assertHolds(store, 1)).isInstanceOf(IOException.class);
            assertThat(Verified.problems(store)).isNotEmpty();
        }
    }

    @Test
    void checkBesideADyingWriterFindsNoDamage() throws IOException {
        try (PackStore store = PackStore.create(root(), options())) {
            try (WriteLease lease = store.write("lease")) {
                put(lease, 1);
                lease.commit(record("a"), Set.of());
            }
            store.files().packs().abandonTail();
            WriteLease dead = store.write("dead");
            put(dead, 2);
            store.leases().publish();
            assertThat(Verified.problems(store, bytes -> dead.close())).isEmpty();
        }
    }

    @Test
    void interruptedCreationIsFinishedByTheNext() throws IOException {
        boolean hit = true;
        for (int change = 0; hit; change++) {
            for (boolean power : new boolean[] {false, true}) {
                Path root = folder.resolve("made" + change + power);
                faults.stopAt(change);
                try {
                    PackStore.create(root, options()).close();
                } catch (IOException e) {
                    assertThat(e).isNotNull();
                }
                hit = faults.hit();
                if (power) {
                    faults.losePower();
                } else {
                    faults.killProcess();
                }
                boolean there = Files.exists(root.resolve("FORMAT"));
                try (PackStore store = there ? PackStore.open(root, options()) : PackStore.create(root, options())) {
                    try (WriteLease lease = store.write("lease")) {
                        put(lease, 1);
                        lease.commit(record("a"), Set.of());
                    }
                    assertHolds(store, 1);
                    assertThat(Verified.problems(store)).as("change " + change).isEmpty();
                }
            }
        }
    }
}
