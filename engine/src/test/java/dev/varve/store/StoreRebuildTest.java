package dev.varve.store;

import static dev.varve.store.StoreContractTest.assertHolds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An index that is damaged, in whatever way, is made anew of packs, of what can still be read, and of a copy. */
class StoreRebuildTest {
    @TempDir
    Path folder;

    private DamagedIndex index;

    @BeforeEach
    void fill() throws IOException {
        index = new DamagedIndex(folder);
        index.fill();
    }

    @Test
    void flippedBlockOfAnyTableIsFilledFromTheCopy() throws IOException {
        int tables = index.files(".*sst").size();
        assertThat(tables).isGreaterThan(3);
        int gaps = 0;
        for (int i = 0; i < tables; i++) {
            for (double where : new double[] {0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1}) {
                DamagedIndex.copy(index.copy(), index.root());
                Path file = index.files(".*sst").get(i);
                Files.write(file, DamagedIndex.flip(where).of(Files.readAllBytes(file)));
                StoreRebuild.Result result = index.rebuild(index.copy());
                gaps += result.gaps();
                assertThat(result.source()).as("the store's own").isNull();
                index.assertWhole("at " + where + " of " + file + ": " + result);
            }
        }
        assertThat(gaps).isPositive();
    }

    /** What was deleted stays so, and what was changed is not as it was, where only old blocks can't be read. */
    @ParameterizedTest
    @ValueSource(strings = {"copy", "killed"})
    void newerRecordsAreKeptBesideAnOlderCopy(String state) throws IOException {
        for (double where : new double[] {0, 0.2, 0.4, 0.6, 0.8, 0.9, 1}) {
            DamagedIndex.copy(folder.resolve(state), index.root());
            for (Path old : List.of(index.oldNodes(), index.oldRecords())) {
                Files.write(old, DamagedIndex.flip(where).of(Files.readAllBytes(old)));
            }
            StoreRebuild.Result result = index.rebuild(index.early());
            assertThat(result.notes().isEmpty())
                    .as("there may have been more: " + result)
                    .isEqualTo(result.filledRecords() == 0);
            assertThat(result.source()).isNull();
            assertThat(result.filledNodes()).isPositive();
            index.assertWhole("older copy, " + state + ", " + where + ": " + result);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tables deleted",
                "tables cut",
                "manifest cut",
                "manifest flipped",
                "CURRENT deleted",
                "CURRENT flipped",
                "log cut",
                "log flipped",
                "log deleted",
                "index deleted",
                "HEAD ahead",
                "HEAD deleted",
                "FORMAT deleted",
                "FORMATs flipped",
                "FORMATs deleted",
                "nothing"
            })
    void everyDamageOfAKilledStoreIsMendedWithACopy(String how) throws IOException {
        DamagedIndex.copy(index.killed(), index.root());
        index.damage(how);
        StoreRebuild.Result result = index.rebuild(index.copy());
        index.assertWhole(how + ": " + result);
        assertThat(result.kept()).isDirectory();
        if (how.startsWith("log") || how.startsWith("HEAD ahead")) {
            assertThat(result.source()).isEqualTo(index.copy());
        }
        assertThat(index.rebuild().source()).as("a second time, alone").isNull();
        index.assertWhole(how + ", once more");
    }

    /** The control: what is tested above needs the rebuild. */
    @Test
    void damagedIndexDoesNotOpen() throws IOException {
        for (String how : List.of(
                "tables deleted",
                "tables cut",
                "manifest cut",
                "CURRENT deleted",
                "log cut",
                "log flipped",
                "log deleted",
                "index deleted",
                "HEAD ahead",
                "FORMAT deleted",
                "FORMATs flipped",
                "FORMATs deleted")) {
            DamagedIndex.copy(index.killed(), index.root());
            index.damage(how);
            assertThatThrownBy(() -> PackStore.open(index.root(), DamagedIndex.options()))
                    .as(how)
                    .isInstanceOf(StoreCorruptException.class)
                    .hasMessageContaining(index.root().toString());
        }
    }

    /** Each chunk's place stands in the pack, and nowhere else has to. */
    @Test
    void tableOfChunksIsNotNeeded() throws IOException {
        List<Path> tables = index.tablesThatHave("chunks"); // their name
        assertThat(tables).hasSizeGreaterThan(1);
        for (Path file : tables) {
            Files.delete(file);
        }
        assertThatThrownBy(() -> PackStore.open(index.root(), DamagedIndex.options()))
                .isInstanceOf(StoreCorruptException.class);
        StoreRebuild.Result result = index.rebuild();
        assertThat(result.gaps()).isZero();
        assertThat(result.chunks()).isEqualTo(DamagedIndex.CHUNKS);
        index.assertWhole("no table of chunks");
    }

    @Test
    void lossIsRefusedUntilItIsAccepted() throws IOException {
        Path table = index.oldRecords();
        Files.write(table, DamagedIndex.flip(0.4).of(Files.readAllBytes(table)));
        assertThatThrownBy(index::rebuild)
                .isInstanceOf(RecordsLostException.class)
                .hasMessageContaining("records in 1 parts can be read nowhere");
        assertThat(index.files(".*sst")).as("nothing was changed").contains(table);
        assertThat(index.root().resolve("index.new")).doesNotExist();
        StoreRebuild.Result result =
                StoreRebuild.run(index.root(), List.of(), true, DamagedIndex.options(), (done, total) -> {});
        assertThat(result.gaps()).isEqualTo(1);
        assertThat(result.records()).isBetween(DamagedIndex.RECORDS / 2L, DamagedIndex.RECORDS + 48L);
        assertThat(result.notes()).singleElement().asString().contains("can be read nowhere");
        try (PackStore store = PackStore.open(index.root(), DamagedIndex.options())) {
            assertThat(store.record("record/8")).isEqualTo(index.records.get("record/8"));
        }
    }

    @Test
    void lossOfTheLastChangesIsRefusedUntilItIsAccepted() throws IOException {
        DamagedIndex.copy(index.killed(), index.root());
        index.damage("[0-9]*\\.log", DamagedIndex.cut(0.9));
        assertThatThrownBy(index::rebuild)
                .isInstanceOf(RecordsLostException.class)
                .hasMessageContaining("was durable");
        assertThatThrownBy(() -> PackStore.open(index.root(), DamagedIndex.options()))
                .isInstanceOf(StoreCorruptException.class);
        StoreRebuild.Result result =
                StoreRebuild.run(index.root(), List.of(), true, DamagedIndex.options(), (done, total) -> {});
        assertThat(result.reached()).isPositive().isLessThan(result.durable());
        try (PackStore store = PackStore.open(index.root(), DamagedIndex.options())) {
            assertThat(store.record("record/1")).isEqualTo(index.records.get("record/1"));
            for (int i = 0; i < DamagedIndex.CHUNKS; i++) {
                assertHolds(store, i);
            }
        }
    }

    /** The own index, which ends too early, is still newer than the copy. */
    @Test
    void copyThatIsOlderThanWhatIsLeftOnlyFillsIn() throws IOException {
        DamagedIndex.copy(index.killed(), index.root());
        index.damage("HEAD ahead");
        assertThatThrownBy(() -> index.rebuild(index.early())).isInstanceOf(RecordsLostException.class);
        StoreRebuild.Result result = index.rebuild(true, index.early());
        assertThat(result.source()).isNull();
        assertThat(result.durable()).isEqualTo(1L << 40);
        index.assertWhole("older copy");
    }

    @Test
    void withoutARecordOfAnythingItIsRefused() throws IOException {
        index.damage("CURRENT deleted");
        Path other = folder.resolve("other");
        PackStore.create(other, DamagedIndex.options()).close();
        assertThatThrownBy(() -> index.rebuild(other))
                .isInstanceOf(StoreCorruptException.class)
                .hasMessageContaining("nothing of it can be read");
        assertThatThrownBy(() -> index.rebuild(folder.resolve("nowhere"))).isInstanceOf(StoreNotFoundException.class);
        assertThatThrownBy(() -> index.rebuild(index.root())).hasMessageContaining("the store itself");
        index.damage("FORMATs deleted");
        assertThatThrownBy(() -> index.rebuild(other))
                .as("its packs are another's")
                .isInstanceOf(StoreCorruptException.class)
                .hasMessageContaining("FORMAT");
        StoreRebuild.Result result = index.rebuild(other, index.copy());
        assertThat(result.source()).isEqualTo(index.copy());
        assertThat(result.notes()).anySatisfy(note -> assertThat(note).contains(other + " is another store"));
        index.assertWhole("all that");
    }
}
