package dev.varve.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.AbstractRocksIterator;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SstFileReader;
import org.rocksdb.SstFileReaderIterator;

/**
 * A table of an index that may be damaged: read as a whole, layer by layer, or key by key. What was flushed later lies over
 * what was flushed before; a block that can't be read hides what lies over it from who reads the whole, but not from who reads
 * that layer. For one thread, which closes it before the database.
 */
final class SalvagedTable implements AutoCloseable {
    private final Path directory;
    private final RocksDB db;
    private final ColumnFamilyHandle table;
    private final ReadOptions read = new ReadOptions().setFillCache(false);
    private final ReadOptions memory = new ReadOptions().setReadTier(ReadTier.MEMTABLE_TIER);
    private final Options options = new Options();
    private final List<SstFileReader> files = new ArrayList<>();

    SalvagedTable(Path directory, RocksDB db, ColumnFamilyHandle table) {
        this.directory = directory;
        this.db = db;
        this.table = table;
    }

    /**
     * Entries that follow each other.
     *
     * @param entries as far as they could be read
     * @param isEnd whether there are no more
     * @param problem why what follows can't be read; null if it was not tried
     */
    record Run(
            List<Map.Entry<byte[], byte[]>> entries,
            boolean isEnd,
            @Nullable Exception problem) {}

    /** What can be read from a key on. */
    interface Layer {
        /** Reads entries until there are so many bytes. */
        Run read(byte[] from, int bytes);
    }

    /** The table as it is. */
    Run whole(byte[] from, int bytes) {
        try (RocksIterator entries = db.newIterator(table, read)) {
            return run(entries, entries::key, entries::value, from, bytes);
        }
    }

    /** What the logs have, and each file that can be opened. An entry counts only if {@link #get} says so. */
    List<Layer> layers() throws IOException {
        List<Layer> layers = new ArrayList<>();
        layers.add(this::memory);
        try {
            byte[] name = table.getName();
            if (files.isEmpty()) {
                for (LiveFileMetaData file : db.getLiveFilesMetaData()) {
                    if (Arrays.equals(file.columnFamilyName(), name)) {
                        open(file.fileName());
                    }
                }
            }
        } catch (RocksDBException e) {
            throw new StoreCorruptException(directory, String.valueOf(e.getMessage()), e);
        }
        for (SstFileReader file : files) {
            layers.add((from, bytes) -> read(file, from, bytes));
        }
        return layers;
    }

    private void open(String name) {
        SstFileReader file = new SstFileReader(options);
        try {
            file.open(
                    directory.resolve(name.substring(name.lastIndexOf('/') + 1)).toString());
            files.add(file);
        } catch (RocksDBException e) {
            file.close(); // nothing of it can be read
        }
    }

    private Run memory(byte[] from, int bytes) {
        try (RocksIterator entries = db.newIterator(table, memory)) {
            return run(entries, entries::key, entries::value, from, bytes);
        }
    }

    private Run read(SstFileReader file, byte[] from, int bytes) {
        try (SstFileReaderIterator entries = file.newIterator(read)) {
            return run(entries, entries::key, entries::value, from, bytes);
        }
    }

    private static Run run(
            AbstractRocksIterator<?> entries, Supplier<byte[]> key, Supplier<byte[]> value, byte[] from, int bytes) {
        List<Map.Entry<byte[], byte[]>> found = new ArrayList<>();
        long left = bytes;
        entries.seek(from);
        while (entries.isValid()) {
            Map.Entry<byte[], byte[]> entry = Map.entry(key.get(), value.get());
            found.add(entry);
            left -= entry.getKey().length + entry.getValue().length;
            if (left <= 0) {
                break; // what follows may be damaged
            }
            entries.next();
        }
        try {
            entries.status();
            return new Run(found, left > 0, null);
        } catch (RocksDBException e) {
            return new Run(found, false, e);
        }
    }

    /**
     * The value of a key; null when there is none.
     *
     * @throws IOException when it can't be told
     */
    byte @Nullable [] get(byte[] key) throws IOException {
        try {
            return db.get(table, read, key);
        } catch (RocksDBException e) {
            throw new StoreCorruptException(directory, String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        files.forEach(SstFileReader::close);
        options.close();
        memory.close();
        read.close();
    }
}
