package dev.varve.store;

import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The indexes from which one is rebuilt, open to be read: the store's own, and that of a copy of it, as far as there are. */
final class RebuildSources implements AutoCloseable {
    private final StoreLayout layout;
    private final FileIo io;
    private final List<String> notes;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final long durable;
    private final @Nullable Source own;
    private final @Nullable Source copy;

    /**
     * An index that can be read.
     *
     * @param folder of the copy; null for the store's own index
     * @param index what is left of it
     * @param reached how far it comes
     */
    record Source(@Nullable Path folder, IndexSalvage index, long reached) {}

    /**
     * Opens them; the caller has the store's lock.
     *
     * @param copies folders of copies, of which the first counts that can be opened
     * @param notes is told why one is not there
     */
    RebuildSources(StoreLayout layout, FileIo io, List<Path> copies, List<String> notes) throws IOException {
        this.layout = layout;
        this.io = io;
        this.notes = notes;
        try {
            durable = durable();
            own = open(null, layout.index());
            copy = firstOf(copies);
        } catch (IOException | RuntimeException e) {
            try {
                close();
            } catch (IOException f) {
                e.addSuppressed(f);
            }
            throw e;
        }
    }

    /** How far the store's own index is known to have been durable. */
    private long durable() throws IOException {
        if (!Files.exists(layout.head())) {
            return 0;
        }
        try (PositionalFile file = io.open(layout.head(), Access.READ)) {
            return new Head(file).read();
        }
    }

    private @Nullable Source open(@Nullable Path folder, Path directory) throws IOException {
        try {
            IndexSalvage index = IndexSalvage.open(io, directory);
            opened.add(index);
            return new Source(folder, index, index.sequence());
        } catch (IOException e) {
            notes.add(String.valueOf(e.getMessage()));
            return null;
        }
    }

    private @Nullable Source firstOf(List<Path> copies) throws IOException {
        for (Path each : copies) {
            StoreLayout its = new StoreLayout(each);
            Source found = null;
            if (Files.isDirectory(its.index())) {
                opened.add(IndexLock.take(its, its.index()));
                found = open(each, its.index());
            } else {
                notes.add(its.index() + " is missing");
            }
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** The one whose records count. */
    Source first() throws IOException {
        Source mine = own;
        Source other = copy;
        if (mine != null && (other == null || mine.reached >= durable || mine.reached > other.reached)) {
            return mine;
        }
        if (other != null) {
            return other;
        }
        throw new StoreCorruptException(layout.index(), "nothing of it can be read: " + String.join("; ", notes));
    }

    /** The one that has what the first can't read; null when there is none. */
    @Nullable
    Source second() throws IOException {
        return first().folder() == null ? copy : own;
    }

    boolean hasCopy() {
        return copy != null;
    }

    /** The change that was known to be durable in the store's own index. */
    long durableSequence() {
        return durable;
    }

    @Override
    public void close() throws IOException {
        List<AutoCloseable> last = new ArrayList<>(opened);
        Collections.reverse(last);
        Closing.all(last, "an index could not be closed");
    }
}
