package dev.varve.store;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Puts a rebuilt index in the place of the store's, in steps of which each leaves something that is known again.
 *
 * <pre>
 *  index  index.new                  being built: the store is as it was, and can be opened if it could
 *  index  index.rebuilt              whole, durable: from here on it is the store's, and nothing opens the store
 *         index.rebuilt  index.damaged   HEAD goes now, while there is no index that it could speak of
 *  index                 index.damaged   done; what was damaged is kept
 * </pre>
 */
final class IndexSwap {
    private final StoreLayout layout;
    private final FileIo io;

    IndexSwap(StoreLayout layout, FileIo io) {
        this.layout = layout;
        this.io = io;
    }

    /** Whether there is a whole index whose place is still to be given to it. */
    boolean isBegun() {
        return Files.exists(layout.rebuiltIndex());
    }

    /** The folder whose lock is the store's, which is made where there is none. */
    Path locked() throws IOException {
        Path index = layout.index();
        if (!Files.exists(index) && isBegun()) {
            return Files.exists(layout.damagedIndex()) ? layout.damagedIndex() : layout.rebuiltIndex();
        }
        if (!Files.exists(index)) {
            io.createDirectory(index);
        }
        return index;
    }

    /** Forgets what an earlier attempt has left; where a new index is to be built. */
    Path clear() throws IOException {
        delete(layout.newIndex());
        return layout.newIndex();
    }

    /** The new index is whole and closed. What an earlier rebuild has kept goes. */
    void begin() throws IOException {
        delete(layout.damagedIndex());
        io.syncDirectory(layout.newIndex());
        io.rename(layout.newIndex(), layout.rebuiltIndex());
        io.syncDirectory(layout.root());
    }

    /**
     * Ends what was begun, once or more often. An index beside the one that is kept is none: who opens a store at the wrong moment
     * makes an empty folder.
     */
    void end() throws IOException {
        if (Files.exists(layout.damagedIndex())) {
            delete(layout.index());
        } else if (Files.exists(layout.index())) {
            io.rename(layout.index(), layout.damagedIndex());
            io.syncDirectory(layout.root());
        }
        if (Files.exists(layout.head())) {
            io.delete(layout.head());
            io.syncDirectory(layout.root());
        }
        io.rename(layout.rebuiltIndex(), layout.index());
        io.syncDirectory(layout.root());
    }

    private void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> paths = new ArrayList<>();
        try (Stream<Path> all = Files.walk(folder)) {
            all.forEach(paths::add);
        }
        for (int i = paths.size() - 1; i >= 0; i--) {
            io.delete(paths.get(i));
        }
    }
}
