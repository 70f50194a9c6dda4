package dev.varve;

import dev.varve.snapshot.ProgressListener;
import dev.varve.store.StoreOptions;
import dev.varve.store.StoreRebuild;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes the index of a store anew, for a store that can't be opened, or of whose index a part can't be read. What blocks of data
 * there are its own files tell; what images, snapshots and volumes there are, the index itself as far as it can be read, and a copy of
 * the store.
 *
 * <p>Records that come from a copy are as old as the copy. So nothing does this by itself. Afterwards the store can be opened, and
 * {@link Engine#repair} mends what is lost still.
 */
public final class IndexRebuild {
    private IndexRebuild() {}

    /**
     * Rebuilds the index. The records of the store itself count where they are as new as was durable, else those of the first copy, if
     * they are not older than that; what can't be read of the one comes from the other. The old index is kept in
     * {@code index.damaged}. Survives power loss when this returns; ended early, the same again ends it.
     *
     * @param folder of a store that no engine has open, in this process or another, nor opens meanwhile
     * @param copies folders of other stores; those that are copies of this one, which no engine has open either, are of use
     * @param acceptsLoss whether to go on where records are lost that no copy has, or where data can't be read now
     * @param options budgets
     * @param progress is told how much was read of the store's data
     * @return what it did
     * @throws IOException when a store is open or is none, or when it can't be done, or not without a copy of the store: what was in the
     *     store still is
     */
    public static RebuildReport run(
            Path folder, List<Path> copies, boolean acceptsLoss, EngineOptions options, ProgressListener progress)
            throws IOException {
        StoreOptions defaults = StoreOptions.defaults();
        StoreOptions with = new StoreOptions(
                defaults.chunkSizeBytes(),
                defaults.compression(),
                options.indexCacheBytes(),
                options.nativeFolder(),
                defaults.io());
        try {
            return RebuildReport.of(StoreRebuild.run(folder, copies, acceptsLoss, with, progress::progress));
        } finally {
            defaults.io().close();
        }
    }
}
