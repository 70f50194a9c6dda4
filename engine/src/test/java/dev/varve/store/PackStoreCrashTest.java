package dev.varve.store;

import static dev.varve.store.StoreContractTest.CHUNK;
import static dev.varve.store.StoreContractTest.assertHolds;
import static dev.varve.store.StoreContractTest.chunk;
import static dev.varve.store.StoreContractTest.key;
import static dev.varve.store.StoreContractTest.put;
import static dev.varve.store.StoreContractTest.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stops the process, cuts the power or fails one change, at every change to a pack, and looks at what is left. */
class PackStoreCrashTest {
    @TempDir
    Path folder;

    private FaultyFiles faults;

    @BeforeEach
    void makeStore() throws IOException {
        faults = new FaultyFiles(Long.getLong("varve.seed", 7), folder.resolve("graves"));
        PackStore.create(root(), options()).close();
    }

    private Path root() {
        return folder.resolve("store");
    }

    private StoreOptions options() {
        return new StoreOptions(CHUNK, Compression.LZ4, 8 << 20, Path.of("target", "native"), new FileIo(faults));
    }

    /** Two commits, the second beside a writer that never commits and shares chunks with it. */
    private static int work(Store store) throws IOException {
        int committed = 0;
        try (WriteLease lease = store.write("first")) {
            for (int i = 0; i < 4; i++) {
                put(lease, i);
            }
            lease.commit(record("first"), Set.of());
            committed = 1;
        }
        try (WriteLease dead = store.write("dead")) {
            put(dead, 10);
            put(dead, 20);
            try (WriteLease lease = store.write("second")) {
                put(lease, 3);
                put(lease, 10);
                put(lease, 11);
                lease.commit(record("second"), Set.of());
                committed = 2;
            }
            put(dead, 21);
        }
        return committed;
    }

    private void assertWhole(Store store, int committed, String when) throws IOException {
        boolean first = store.record("first") != null;
        boolean second = store.record("second") != null;
        assertThat(first).as(when).isTrue().isEqualTo(committed >= 1 || first);
        assertThat(second || committed < 2).as(when).isTrue();
        for (int i = 0; first && i < 4; i++) {
            assertHolds(store, i);
        }
        for (int i : second ? new int[] {3, 10, 11} : new int[0]) {
            assertHolds(store, i);
        }
        for (int i : new int[] {20, 21}) {
            assertThat(store.contains(key(chunk(i)))).as(when).isFalse();
        }
        if (!second) {
            assertThat(store.contains(key(chunk(11)))).as(when).isFalse();
        }
        assertThat(Verified.problems(store)).as(when).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyCrashLeavesWhatWasCommittedAndNothingElse(boolean powerCut) throws IOException {
        boolean hit = true;
        for (long change = 0; hit; change++) {
            String when = "change " + change + (powerCut ? ", power cut" : ", killed");
            int committed = 0;
            PackStore store = PackStore.open(root(), options());
            faults.stopAt(change);
            try {
                committed = work(store);
            } catch (IOException e) {
                assertThat(e).as(when).hasMessageContaining("");
            }
            hit = faults.hit();
            store.files().close();
            if (powerCut) {
                faults.losePower();
            } else {
                faults.killProcess();
            }
            try (PackStore opened = PackStore.open(root(), options())) {
                if (committed > 0) {
                    assertWhole(opened, committed, when);
                }
                work(opened);
                assertWhole(opened, 2, when);
            }
            try (PackStore opened = PackStore.open(root(), options())) {
                assertWhole(opened, 2, when + ", reopened");
                opened.commit(java.util.Map.of(), Set.of("first", "second"));
            }
        }
    }

    @Test
    void failedSyncFailsEveryOpenWriterAndNothingElse() throws IOException {
        try (PackStore store = PackStore.open(root(), options())) {
            try (WriteLease before = store.write("before")) {
                put(before, 5);
                before.commit(record("before"), Set.of());
            }
            WriteLease other = store.write("other");
            put(other, 1);
            faults.failWhen((call, path) ->
                    call == FaultyFiles.Call.SYNC && path.toString().endsWith(".pack"));
            try (WriteLease lease = store.write("lease")) {
                put(lease, 2);
                assertThatThrownBy(() -> lease.commit(record("r"), Set.of())).isInstanceOf(IOException.class);
            }
            faults.failNever();
            assertThatThrownBy(() -> put(other, 3)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> other.commit(record("r"), Set.of())).isInstanceOf(IOException.class);
            other.close();
            assertThat(store.record("r")).isNull();
            assertThat(store.contains(key(chunk(1)))).isFalse();
            assertThat(store.contains(key(chunk(2)))).isFalse();
            assertHolds(store, 5);
            work(store);
            assertWhole(store, 2, "after a failed sync");
        }
    }

    @Test
    void fullDiskFailsTheWriterAndNothingElse() throws IOException {
        try (PackStore store = PackStore.open(root(), options())) {
            work(store);
            long before = store.stats().packBytes();
            WriteLease lease = store.write("lease");
            put(lease, 30);
            faults.failWhen((call, path) ->
                    call == FaultyFiles.Call.WRITE && path.toString().endsWith(".pack"));
            assertThatThrownBy(() -> put(lease, 31)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> lease.commit(record("r"), Set.of())).isInstanceOf(IOException.class);
            lease.close();
            faults.failNever();
            assertThat(store.stats().packBytes()).isEqualTo(before);
            assertWhole(store, 2, "after a full disk");
        }
    }
}
