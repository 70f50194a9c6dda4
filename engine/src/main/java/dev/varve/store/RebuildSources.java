package dev.varve.store;

import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
     * @param acceptsLoss whether the own index may be left out for a failure that is no damage
     * @param notes is told why one is not there
     */
    RebuildSources(StoreLayout layout, FileIo io, List<Path> copies, boolean acceptsLoss, List<String> notes)
            throws IOException {
        this.layout = layout;
        this.io = io;
        this.notes = notes;
        try {
            durable = durable(layout);
            own = own(acceptsLoss);
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

    /** How far a store's index is known to have been durable. */
    private long durable(StoreLayout its) throws IOException {
        if (!Files.exists(its.head())) {
            return 0;
        }
        try (PositionalFile file = io.open(its.head(), Access.READ)) {
            return new Head(file).read();
        }
    }

    /** The store's own; null where it is damaged too much. What fails for another reason may be had the next time. */
    private @Nullable Source own(boolean acceptsLoss) throws IOException {
        try {
            return open(null, layout.index());
        } catch (StoreCorruptException | NoSuchFileException e) {
            notes.add(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            if (!acceptsLoss) {
                throw new RecordsLostException(layout.index(), "it can't be read now: " + e.getMessage());
            }
            notes.add(String.valueOf(e.getMessage()));
        }
        return null;
    }

    private Source open(@Nullable Path folder, Path directory) throws IOException {
        IndexSalvage index = IndexSalvage.open(io, directory);
        opened.add(index);
        return new Source(folder, index, index.sequence());
    }

    private @Nullable Source firstOf(List<Path> copies) throws IOException {
        for (Path each : copies) {
            StoreLayout its = new StoreLayout(each);
            if (Files.exists(its.rebuiltIndex()) || !Files.isDirectory(its.index())) {
                notes.add(its.index() + " is missing, or was rebuilt, which was interrupted: it is not used");
                continue;
            }
            opened.add(IndexLock.take(its, its.index()));
            try {
                Source found = open(each, its.index());
                long head = durable(its);
                if (found.reached < head) {
                    notes.add(its.index() + " comes to change " + found.reached + ", but change " + head
                            + " was durable in it");
                }
                return found;
            } catch (IOException e) {
                notes.add(String.valueOf(e.getMessage()));
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
