package dev.varve.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.Fixture;
import dev.varve.catalog.Resource;
import dev.varve.manifest.Manifests;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What snapshots promise, whatever the store. */
abstract class SnapshotsContractTest {
    static final int BLOCK = 4096;

    Store store;
    Catalog catalog;
    SnapshotRegistry registry;
    Snapshots snapshots;

    /** An empty store with blocks of 4 KiB. */
    abstract Store create() throws IOException;

    @BeforeEach
    void open() throws IOException {
        use(create());
    }

    void use(Store opened) {
        store = opened;
        catalog = Fixture.catalog(store);
        registry = new SnapshotRegistry(catalog, new Manifests(store, 1 << 20), Runnable::run);
        snapshots = registry.in(Fixture.SCOPE.account(), Fixture.SCOPE.region());
    }

    @AfterEach
    void close() throws IOException {
        registry.close();
        store.close();
    }

    static ByteBuffer block(int seed) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        for (int i = 0; i < BLOCK; i++) {
            block.put(i, (byte) (seed * 31 + i * 7 + i / 256));
        }
        return block;
    }

    Snapshot make(SnapshotRequest request, long blocks, int... written) throws IOException {
        try (SnapshotWriter writer = snapshots.writer(request)) {
            for (int block : written) {
                writer.put(block, block(block + 1));
            }
            return writer.complete(blocks * BLOCK);
        }
    }

    static void refused(ThrowingCallable call, String code, String message) {
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(call)
                .withMessage(message)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    List<String> differences(String a, String b) throws IOException {
        List<String> ranges = new ArrayList<>();
        snapshots.diff(a, b, (offset, length) -> ranges.add(offset + "+" + length));
        return ranges;
    }

    @Test
    void completedSnapshotIsWhatWasWritten() throws Exception {
        Snapshot made = make(SnapshotRequest.NEW.withDescription("d").withTags(Map.of("k", "v")), 100, 3, 99, 7);

        Snapshot read = snapshots.get(made.id());
        assertThat(read).isEqualTo(made);
        assertThat(read.state()).isEqualTo(SnapshotState.COMPLETED);
        assertThat(read.progressPercent()).isEqualTo(100);
        assertThat(read.sizeBytes()).isEqualTo(100 * BLOCK);
        assertThat(read.volumeSizeGib()).isEqualTo(1);
        assertThat(read.ownerId()).isEqualTo("123456789012");
        assertThat(read.region()).isEqualTo("eu-west-1");
        assertThat(read.lineageId()).isEqualTo(read.id());
        assertThat(read.startTime()).isEqualTo(Fixture.NOW);
        assertThat(read.completionTime()).isEqualTo(Fixture.NOW);
        assertThat(read.tags()).containsExactly(Map.entry("k", "v"));
        try (SnapshotReader reader = snapshots.open(made.id())) {
            ByteBuffer all = ByteBuffer.allocate(100 * BLOCK);
            reader.read(all, 0);
            assertThat(all.slice(99 * BLOCK, BLOCK)).isEqualTo(block(100));
            assertThat(all.slice(3 * BLOCK, BLOCK)).isEqualTo(block(4));
            assertThat(all.slice(4 * BLOCK, BLOCK)).isEqualTo(ByteBuffer.allocate(BLOCK));
        }
    }

    @Test
    void pendingSnapshotIsThereButNotReadable() throws Exception {
        try (SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW.withSizeBytes(1 << 20))) {
            writer.progress(42);
            Snapshot pending = snapshots.get(writer.id());
            assertThat(pending.state()).isEqualTo(SnapshotState.PENDING);
            assertThat(pending.progressPercent()).isEqualTo(42);
            assertThat(pending.sizeBytes()).isEqualTo(1 << 20);
            assertThat(pending.completionTime()).isNull();
            refused(() -> snapshots.open(writer.id()), "IncorrectState", "Snapshot is in invalid state - pending");
            refused(
                    () -> snapshots.writer(SnapshotRequest.NEW.withParentId(writer.id())),
                    "IncorrectState",
                    "Snapshot is in invalid state - pending");
        }
    }

    @Test
    void closedWithoutCompletionLeavesNothing() throws Exception {
        SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW);
        writer.put(0, block(1));
        writer.close();
        writer.close();

        assertThat(store.records("", "", 100)).isEmpty();
        assertThatIllegalStateException().isThrownBy(() -> writer.put(0, block(1)));
        assertThatIllegalStateException().isThrownBy(() -> writer.complete(BLOCK));
    }

    @Test
    void writersThatNoLongerLiveAreDroppedAndOthersStay() throws Exception {
        Snapshot kept = make(SnapshotRequest.NEW, 1, 0);
        SnapshotWriter dead = snapshots.writer(SnapshotRequest.NEW.withParentId(kept.id()));
        dead.put(0, block(9));
        SnapshotWriter failed = snapshots.writer(SnapshotRequest.NEW);
        failed.fail("cable cut");
        Catalog reopened = Fixture.catalog(store);
        SnapshotRegistry next = new SnapshotRegistry(reopened, new Manifests(store, 1 << 20), Runnable::run);
        reopened.change(change -> {
            change.begin("vol-00000000000000001", "fold", reopened.find(kept.id()));
            return 0;
        });

        assertThat(registry.dropDead()).as("its own live one").isEmpty();
        assertThat(next.dropDead()).containsExactly(dead.id());
        assertThat(next.dropDead()).isEmpty();

        assertThat(catalog.pending()).extracting("work").containsExactly("fold");
        assertThat(catalog.root(dead.id())).isNull();
        assertThat(snapshots.get(kept.id())).isEqualTo(kept);
        assertThat(snapshots.get(failed.id()).stateMessage()).isEqualTo("cable cut");
        refused(
                () -> snapshots.get(dead.id()),
                "InvalidSnapshot.NotFound",
                "The snapshot '" + dead.id() + "' does not exist.");
        refused(
                () -> dead.complete(BLOCK),
                "InvalidSnapshot.NotFound",
                "The snapshot '" + dead.id() + "' does not exist.");
        dead.close();
    }

    @Test
    void givenUpSnapshotStaysInError() throws Exception {
        SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW);
        writer.put(0, block(1));
        writer.fail("cable cut");
        writer.close();

        assertThat(snapshots.get(writer.id()).state()).isEqualTo(SnapshotState.ERROR);
        refused(() -> snapshots.open(writer.id()), "IncorrectState", "Snapshot is in invalid state - error");
        snapshots.delete(writer.id());
        assertThat(store.records("", "", 100)).isEmpty();
    }

    @Test
    void childStartsWithItsParentsBlocksAndSurvivesIt() throws Exception {
        Snapshot parent = make(SnapshotRequest.NEW, 10, 1, 2);
        Snapshot child;
        try (SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW.withParentId(parent.id()))) {
            writer.put(2, block(50));
            writer.zero(1, 1);
            writer.put(11, block(51));
            child = writer.complete(12 * BLOCK);
        }
        Snapshot grandchild = make(SnapshotRequest.NEW.withParentId(child.id()), 12);

        assertThat(child.parentId()).isEqualTo(parent.id());
        assertThat(child.lineageId()).isEqualTo(parent.id());
        assertThat(differences(parent.id(), child.id())).containsExactly("4096+8192", "45056+4096");
        snapshots.delete(parent.id());
        snapshots.delete(child.id());
        assertThat(snapshots.get(grandchild.id()).lineageId()).isEqualTo(parent.id());
        try (SnapshotReader reader = snapshots.open(grandchild.id())) {
            ByteBuffer read = ByteBuffer.allocate(BLOCK);
            reader.read(read, 2 * BLOCK);
            assertThat(read.flip()).isEqualTo(block(50));
        }
    }

    @Test
    void changedBlocksGoByWriterAndNotByBytes() throws Exception {
        Snapshot parent = make(SnapshotRequest.NEW, 1000, 1, 500);
        Snapshot same = make(SnapshotRequest.NEW.withParentId(parent.id()), 1000, 500);

        assertThat(differences(parent.id(), same.id())).isEmpty();
        assertThat(same.contentId()).isEqualTo(parent.contentId());
        List<Long> changed = new ArrayList<>();
        snapshots.diffWriters(parent.id(), same.id(), (offset, length) -> {
            changed.add(offset);
            changed.add(length);
        });
        assertThat(changed).containsExactly(3L * (512 << 10), 512L << 10);
    }

    @Test
    void equalContentHasOneIdentityHoweverItCame() throws Exception {
        Snapshot a = make(SnapshotRequest.NEW, 100, 1, 2, 3);
        Snapshot b = make(SnapshotRequest.NEW, 100, 3, 1, 2, 1);
        Snapshot longer = make(SnapshotRequest.NEW, 101, 1, 2, 3);

        assertThat(a.contentId()).isEqualTo(b.contentId()).isNotEqualTo(longer.contentId());
        assertThat(differences(a.id(), b.id())).isEmpty();
        assertThat(differences(a.id(), longer.id())).isEmpty();
    }

    @Test
    void lastRangeOfADifferenceEndsWithTheDisk() throws Exception {
        Snapshot empty = make(SnapshotRequest.NEW, 3);
        Snapshot odd;
        try (SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW)) {
            writer.put(2, block(1).slice(0, 512));
            odd = writer.complete(2 * BLOCK + 512);
        }

        assertThat(differences(empty.id(), odd.id())).containsExactly("8192+4096");
        assertThat(differences(odd.id(), odd.id())).isEmpty();
        try (SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW)) {
            Snapshot blank = writer.complete(512);
            assertThat(differences(blank.id(), odd.id())).containsExactly("8192+512");
        }
    }

    @Test
    void sizesHaveRules() throws Exception {
        for (long bad : new long[] {0, -512, 511, 513, (1L << 46) + 512}) {
            try (SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW)) {
                assertThatIllegalArgumentException().isThrownBy(() -> writer.complete(bad));
            }
        }
        try (SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW)) {
            assertThat(writer.complete(1L << 46).volumeSizeGib()).isEqualTo(65_536);
        }
        Snapshot parent = make(SnapshotRequest.NEW, 10);
        try (SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW.withParentId(parent.id()))) {
            assertThatExceptionOfType(Ec2Exception.class).isThrownBy(() -> writer.complete(9 * BLOCK));
        }
    }

    /** Its id is free again, and another's by the time the first writer ends. */
    @Test
    void writerWhoseSnapshotWasDeletedLeavesTheNextOneAlone() throws Exception {
        SnapshotRequest request = SnapshotRequest.NEW.withId("snap-0123456789abcdef0");
        SnapshotWriter first = snapshots.writer(request);
        first.put(0, block(1));
        snapshots.delete(first.id());
        SnapshotWriter second = snapshots.writer(request);
        second.put(0, block(2));

        refused(
                () -> first.complete(1 << 20),
                "InvalidSnapshot.NotFound",
                "The snapshot '" + request.id() + "' does not exist.");
        refused(
                () -> first.fail("why"),
                "InvalidSnapshot.NotFound",
                "The snapshot '" + request.id() + "' does not exist.");
        first.close();

        assertThat(snapshots.get(second.id()).state()).isEqualTo(SnapshotState.PENDING);
        second.complete(1 << 20);
        try (SnapshotReader disk = snapshots.open(second.id())) {
            ByteBuffer found = ByteBuffer.allocate(block(2).remaining());
            disk.read(found, 0);
            assertThat(found.flip()).isEqualTo(block(2));
        }
    }

    @Test
    void idsMayBeSuppliedOnce() throws Exception {
        String id = "snap-0123456789abcdef0";
        assertThat(make(SnapshotRequest.NEW.withId(id), 1).id()).isEqualTo(id);

        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> snapshots.writer(SnapshotRequest.NEW.withId(id)));
        refused(
                () -> snapshots.writer(SnapshotRequest.NEW.withId("snap-XYZ")),
                "InvalidSnapshotID.Malformed",
                "Value ( snap-XYZ ) for parameter SNAPSHOT is invalid. ");
        refused(
                () -> snapshots.get("ami-12345678"),
                "InvalidParameterValue",
                "Value (ami-12345678) for parameter snapshotId is invalid. Expected: 'snap-...'.");
        assertThat(snapshots.get(id).id()).isEqualTo(id);
    }

    @Test
    void snapshotInUseStays() throws Exception {
        Snapshot made = make(SnapshotRequest.NEW, 1, 0);
        catalog.change(change -> change.refer("ami-2", made.id()) && change.refer("ami-1", made.id()));

        assertThat(snapshots.usedBy(made.id())).containsExactly("ami-1", "ami-2");
        refused(
                () -> snapshots.delete(made.id()),
                "InvalidSnapshot.InUse",
                "The snapshot " + made.id() + " is currently in use by ami-1, ami-2");
        catalog.change(change -> {
            change.unrefer("ami-1", made.id());
            change.unrefer("ami-2", made.id());
            return 0;
        });
        snapshots.delete(made.id());
        List<Resource> deleted = new ArrayList<>();
        catalog.bin().deletedUntil(Instant.MAX, deleted::addAll);
        catalog.bin().forget(deleted);
        catalog.bin().forget(deleted);
        assertThat(store.records("", "", 100)).isEmpty();
    }

    @Test
    void scopesDoNotSeeEachOther() throws Exception {
        Snapshot made = make(SnapshotRequest.NEW, 1, 0);
        Snapshots other = registry.in("210987654321", "eu-west-1");

        refused(
                () -> other.get(made.id()),
                "InvalidSnapshot.NotFound",
                "The snapshot '" + made.id() + "' does not exist.");
        assertThat(other.list(SnapshotQuery.ALL).snapshots()).isEmpty();
        assertThatExceptionOfType(Ec2Exception.class).isThrownBy(() -> other.delete(made.id()));
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> other.writer(SnapshotRequest.NEW.withParentId(made.id())));
    }

    @Test
    void deletingAPendingSnapshotEndsIt() throws Exception {
        SnapshotWriter writer = snapshots.writer(SnapshotRequest.NEW);
        snapshots.delete(writer.id());

        refused(
                () -> writer.complete(BLOCK),
                "InvalidSnapshot.NotFound",
                "The snapshot '" + writer.id() + "' does not exist.");
        writer.close();
        assertThat(store.records("", "", 100)).isEmpty();
    }

    @Test
    void listsAreFilteredAndPaged() throws Exception {
        for (int i = 0; i < 12; i++) {
            make(SnapshotRequest.NEW.withTags(Map.of("n", Integer.toString(i % 2))), 1);
        }
        SnapshotWriter pending = snapshots.writer(SnapshotRequest.NEW);
        SnapshotQuery query = SnapshotQuery.ALL.withFilter("tag:n", "1").withMaxResults(5);

        SnapshotPage first = snapshots.list(query);
        assertThat(first.snapshots()).hasSize(5);
        SnapshotPage second = snapshots.list(query.after(first.nextToken()));
        assertThat(second.snapshots()).hasSize(1);
        assertThat(second.nextToken()).isNull();
        assertThat(snapshots
                        .list(SnapshotQuery.ALL.withFilter("status", "pend*"))
                        .snapshots())
                .extracting(Snapshot::id)
                .containsExactly(pending.id());
        assertThat(snapshots.list(SnapshotQuery.ALL.inOrderOfCreation()).snapshots())
                .hasSize(13);
        pending.close();
    }

    @Test
    void interruptedCallersHarmNobody() throws Exception {
        Thread.currentThread().interrupt();
        Snapshot made = make(SnapshotRequest.NEW, 4, 0, 1);
        assertThat(Thread.interrupted()).isTrue();

        assertThat(snapshots.get(made.id())).isEqualTo(made);
    }
}
