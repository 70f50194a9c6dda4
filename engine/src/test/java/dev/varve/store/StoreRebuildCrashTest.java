package dev.varve.store;

import static dev.varve.store.StoreContractTest.CHUNK;
import static dev.varve.store.StoreContractTest.assertHolds;
import static dev.varve.store.StoreContractTest.chunk;
import static dev.varve.store.StoreContractTest.key;
import static dev.varve.store.StoreContractTest.put;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.FrameCodec;
import dev.varve.chunk.FrameHeader;
import dev.varve.chunk.StoredCodec;
import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A rebuild that is stopped, beside others, or that meets packs which are damaged too. */
class StoreRebuildCrashTest {
    /** A file is opened once to be read and written, and once to be synced. */
    private static final int OPENINGS = 2;

    @TempDir
    Path folder;

    private DamagedIndex index;

    @BeforeEach
    void fill() throws IOException {
        index = new DamagedIndex(folder);
        index.fill();
    }

    /** Whatever the index was, the next attempt needs no copy once the new one was whole. */
    @ParameterizedTest
    @ValueSource(strings = {"killed", "power cut"})
    void stoppedAnywhereTheSameAgainEndsIt(String fault) throws IOException {
        FaultyFiles faults = new FaultyFiles(Long.getLong("varve.seed", 7), folder.resolve("graves"));
        int refused = 0;
        int resumed = 0;
        boolean hit = true;
        for (long change = 0; hit; change++) {
            String when = "change " + change + ", " + fault;
            DamagedIndex.copy(index.killed(), index.root());
            index.damage("log cut");
            Files.createDirectory(index.root().resolve("index.damaged"));
            Files.writeString(index.root().resolve("index.damaged/old"), "of the time before");
            faults.stopAt(change);
            try (FileIo io = new FileIo(faults)) {
                StoreRebuild.run(
                        index.root(), List.of(index.copy()), false, DamagedIndex.options(io), (done, total) -> {});
            } catch (IOException e) {
                assertThat(faults.hit()).as(when + ": " + e).isTrue();
            }
            hit = faults.hit();
            if (fault.equals("killed")) {
                faults.killProcess();
            } else {
                faults.losePower();
            }
            if (Files.exists(index.root().resolve("index.rebuilt"))) {
                resumed++;
            }
            try {
                PackStore.open(index.root(), DamagedIndex.options()).close();
                assertThat(Files.exists(index.root().resolve("index/CURRENT"))).isTrue();
            } catch (StoreCorruptException e) {
                refused++;
                assertThat(index.rebuild(index.copy()).isResumed())
                        .as(when)
                        .isEqualTo(e.getMessage().contains("interrupted"));
            }
            index.assertWhole(when);
        }
        assertThat(resumed).isPositive();
        assertThat(refused).isGreaterThan(resumed);
    }

    @Test
    void openStoreIsNotRebuilt() throws IOException {
        try (PackStore store = PackStore.open(index.root(), DamagedIndex.options())) {
            assertThatThrownBy(() -> index.rebuild(index.copy())).isInstanceOf(StoreInUseException.class);
            assertThatThrownBy(() -> PackStore.open(index.root(), DamagedIndex.options()))
                    .as("it is locked still")
                    .isInstanceOf(StoreInUseException.class);
            assertHolds(store, 1);
        }
        index.damage("CURRENT deleted");
        try (PackStore copy = PackStore.open(index.copy(), DamagedIndex.options())) {
            assertThatThrownBy(() -> index.rebuild(index.copy())).isInstanceOf(StoreInUseException.class);
            assertHolds(copy, 1);
        }
        index.rebuild(index.copy());
        index.assertWhole("closed");
    }

    /** Opens a store in a process of its own, and says how that went; until it is told to end. */
    static final class Opener {
        private Opener() {}

        /**
         * The process.
         *
         * @param args folder of the store
         */
        public static void main(String[] args) throws IOException {
            try (PackStore store = PackStore.open(Path.of(args[0]), DamagedIndex.options())) {
                System.out.println(store.properties().formatVersion() > 0 ? "open" : "");
                int unused = System.in.read();
            } catch (StoreInUseException e) {
                System.out.println("in use");
            }
        }
    }

    private Process open() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Opener.class.getName(),
                        index.root().toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static String line(Process process) throws IOException {
        return new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8)).readLine();
    }

    @Test
    @Timeout(120)
    void anotherProcessAndARebuildKeepEachOtherOut() throws Exception {
        Process holder = open();
        try {
            assertThat(line(holder)).isEqualTo("open");
            assertThatThrownBy(() -> index.rebuild(index.copy()))
                    .isInstanceOf(StoreInUseException.class)
                    .hasMessageContaining("process " + holder.pid());
            try (OutputStream end = holder.getOutputStream()) {
                end.write('\n');
            }
            holder.waitFor();
        } finally {
            holder.destroyForcibly();
        }
        List<String> said = new ArrayList<>();
        StoreRebuild.run(index.root(), List.of(), false, DamagedIndex.options(), (done, total) -> {
            if (done == total && said.isEmpty()) {
                try {
                    said.add(line(open()));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        });
        assertThat(said).containsExactly("in use");
        index.assertWhole("after that");
    }

    private Path pack() {
        return index.root().resolve("packs/00000001.pack");
    }

    /** A frame of one chunk's name and another's content, as a guest may write it to its disk. */
    private static byte[] forged(int name, int content) {
        FrameCodec codec = new FrameCodec(CHUNK);
        ByteBuffer frame = codec.encode(key(chunk(name)), chunk(content), StoredCodec.INSTANCE);
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        return bytes;
    }

    private static byte[] joined(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer all = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    @Test
    void packsOwnDamageCostsWhatItCovers() throws IOException {
        byte[] bytes = Files.readAllBytes(pack());
        bytes[9] ^= 1; // its header
        bytes[PackHeader.BYTES + FrameHeader.BYTES + 5] ^= 1; // chunk 0
        Files.write(pack(), bytes);
        index.damage("CURRENT deleted");
        assertThat(index.rebuild(index.copy()).chunks()).isEqualTo(DamagedIndex.CHUNKS - 1);
        try (PackStore store = PackStore.open(index.root(), DamagedIndex.options())) {
            assertThat(store.contains(key(chunk(0)))).isFalse();
            for (int i = 1; i < DamagedIndex.CHUNKS; i++) {
                assertHolds(store, i);
            }
            assertThat(Verified.problems(store)).singleElement().asString().contains("checksum of the header");
        }
    }

    /** Behind damage a scan may go into a chunk, in which somebody else has written. */
    @Test
    void frameInsideADamagedChunkIsNotBelieved() throws IOException {
        byte[] bytes = Files.readAllBytes(pack());
        byte[] damage = new byte[100];
        Files.write(pack(), joined(bytes, damage, forged(1, 2), forged(77, 77)));
        index.damage("CURRENT deleted");
        assertThat(index.rebuild(index.copy()).chunks()).isEqualTo(DamagedIndex.CHUNKS + 1);
        try (PackStore store = PackStore.open(index.root(), DamagedIndex.options())) {
            assertHolds(store, 1);
            assertHolds(store, 77);
        }
    }

    @Test
    void lastOfTwoFramesCountsAndATornOneDoesNot() throws IOException {
        byte[] bytes = Files.readAllBytes(pack());
        byte[] again = forged(3, 3);
        byte[] torn = Arrays.copyOf(forged(4, 4), 1000);
        Files.write(pack(), joined(bytes, again, torn));
        index.damage("CURRENT deleted");
        index.rebuild(index.copy());
        try (PackStore store = PackStore.open(index.root(), DamagedIndex.options())) {
            for (int i = 0; i < DamagedIndex.CHUNKS; i++) {
                assertHolds(store, i);
            }
            Location place = store.files().index().chunk(key(chunk(3)));
            assertThat(place).isEqualTo(new Location(1, bytes.length, again.length, 0));
            assertThat(Files.size(pack())).as("the torn one is cut").isEqualTo(bytes.length + again.length);
            PackState state = store.files().packStates().iterator().next();
            assertThat(state.liveBytes()).isLessThan(state.publishedBytes() - 1000);
            assertThat(Verified.problems(store)).isEmpty();
        }
    }

    /** A pack of which nothing can be read stays until something says that it may go. */
    @Test
    void packWithoutAWholeFrameStays() throws IOException {
        byte[] bytes = Files.readAllBytes(pack());
        Arrays.fill(bytes, PackHeader.BYTES, bytes.length, (byte) 7);
        Files.write(pack(), bytes);
        index.damage("CURRENT deleted");
        assertThat(index.rebuild(index.copy()).chunks()).isZero();
        try (PackStore store = PackStore.open(index.root(), DamagedIndex.options())) {
            assertThat(Files.size(pack())).isEqualTo(bytes.length);
            assertThat(store.stats().liveBytes()).isZero();
        }
    }

    private StoreRebuild.Result rebuild(FaultyFiles faults, boolean acceptsLoss) throws IOException {
        try (FileIo io = new FileIo(faults)) {
            return StoreRebuild.run(
                    index.root(), List.of(index.copy()), acceptsLoss, DamagedIndex.options(io), (done, total) -> {});
        }
    }

    @Test
    void readThatFailsOnceCostsNothing() throws IOException {
        int[] reads = {0};
        FaultyFiles faults = new FaultyFiles(1, folder.resolve("graves"));
        faults.failWhen((call, path) -> call == FaultyFiles.Call.READ && path.equals(pack()) && reads[0]++ == OPENINGS);
        index.damage("CURRENT deleted");
        rebuild(faults, false);
        assertThat(reads[0]).as("it is read again").isGreaterThan(OPENINGS + 1);
        index.assertWhole("a read that failed once");
    }

    /** What can't be read now may be read another time: a pack is not taken for empty unless somebody says so. */
    @Test
    void packThatCanNotBeReadIsRefusedUntilItIsAccepted() throws IOException {
        long size = Files.size(pack());
        FaultyFiles faults = new FaultyFiles(1, folder.resolve("graves"));
        faults.failWhen((call, path) -> call == FaultyFiles.Call.READ && path.equals(pack()));
        index.damage("CURRENT deleted");
        assertThatThrownBy(() -> rebuild(faults, true))
                .as("it can't be opened")
                .hasMessageContaining(pack().toString());
        int[] before = {0};
        faults.failWhen(
                (call, path) -> call == FaultyFiles.Call.READ && path.equals(pack()) && before[0]++ >= OPENINGS);
        assertThatThrownBy(() -> rebuild(faults, false))
                .isInstanceOf(RecordsLostException.class)
                .hasMessageContaining(size - PackHeader.BYTES + " bytes of packs can't be read")
                .hasMessageContaining(pack() + " at offset " + PackHeader.BYTES);
        assertThat(index.root().resolve("index.new")).doesNotExist();
        before[0] = 0;
        assertThat(rebuild(faults, true).chunks()).isZero();
        assertThat(Files.size(pack())).isEqualTo(size);
    }

    /** A writer that was killed has left frames that nobody has synced. */
    @Test
    void framesAreDurableBeforeEntriesPointToThem() throws IOException {
        FaultyFiles faults = new FaultyFiles(3, folder.resolve("graves"));
        try (FileIo io = new FileIo(faults)) {
            PackStore store = PackStore.open(index.root(), DamagedIndex.options(io));
            try (WriteLease lease = store.write("dies")) {
                for (int i = 100; i < 120; i++) {
                    put(lease, i);
                }
                faults.killProcess();
            } finally {
                store.files().index().close();
            }
        }
        index.damage("CURRENT deleted");
        assertThat(rebuild(faults, false).chunks()).isEqualTo(DamagedIndex.CHUNKS + 20);
        faults.losePower();
        try (PackStore store = PackStore.open(index.root(), DamagedIndex.options())) {
            assertThat(Verified.problems(store)).isEmpty();
            for (int i = 100; i < 120; i++) {
                assertHolds(store, i);
            }
        }
    }

    /** Numbers of leases are not given out twice, and what dead writers left is settled. */
    @Test
    void leasesAreOver() throws IOException {
        long last;
        ChunkKey left;
        PackStore store = PackStore.open(index.root(), DamagedIndex.options());
        WriteLease dead = store.write("dies");
        left = put(dead, 99);
        store.leases().publish();
        last = store.files().index().lastLease();
        store.files().close();
        index.damage("log flipped");
        index.rebuild(index.copy());
        try (PackStore opened = PackStore.open(index.root(), DamagedIndex.options())) {
            assertThat(opened.files().index().leases()).isEmpty();
            assertThat(opened.contains(left)).isTrue();
            assertThat(opened.isWanted(left)).isTrue();
            try (WriteLease lease = opened.write("next")) {
                lease.commit(Map.of(), Set.of());
            }
            assertThat(opened.files().index().lastLease()).isPositive().isLessThanOrEqualTo(last + 1);
        }
    }
}
