package dev.varve.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.file.FileIo;
import dev.varve.store.Compression;
import dev.varve.store.PackStore;
import dev.varve.store.Store;
import dev.varve.store.StoreOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackSnapshotsTest extends SnapshotsContractTest {
    @TempDir
    Path folder;

    private final FileIo io = new FileIo();
    private final StoreOptions options =
            new StoreOptions(BLOCK, Compression.LZ4, 8 << 20, Path.of("target", "native"), io);

    @Override
    Store create() throws IOException {
        return PackStore.create(folder.resolve("store"), options);
    }

    @AfterEach
    void closeFiles() {
        io.close();
    }

    @Test
    void reopenedStoreHasWhatWasCompletedOnly() throws Exception {
        Snapshot made = make(SnapshotRequest.NEW, 10, 1, 2);
        SnapshotWriter pending = snapshots.writer(SnapshotRequest.NEW);
        pending.put(0, block(77));
        store.close();
        use(PackStore.open(folder.resolve("store"), options));

        assertThat(registry.dropDead()).containsExactly(pending.id());
        assertThat(snapshots.list(SnapshotQuery.ALL).snapshots()).containsExactly(made);
    }
}
