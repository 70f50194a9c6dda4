package dev.varve.store;

import dev.varve.chunk.ChunkId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Takes things out of a store's index that nobody has open. */
public final class Losses {
    private Losses() {}

    /** All manifest nodes; how many. */
    public static int nodes(Path root) throws IOException {
        StoreOptions defaults = StoreOptions.defaults();
        StoreOptions options = new StoreOptions(
                defaults.chunkSizeBytes(), defaults.compression(), 8 << 20, Path.of("target", "native"), defaults.io());
        List<ChunkId> ids = new ArrayList<>();
        try (PackStore store = PackStore.open(root, options)) {
            RocksIndex index = store.files().index();
            index.nodes((id, stored) -> ids.add(id));
            try (IndexBatch batch = index.batch()) {
                for (ChunkId id : ids) {
                    batch.deleteNode(id);
                }
                index.write(batch, true);
            }
        }
        return ids.size();
    }
}
