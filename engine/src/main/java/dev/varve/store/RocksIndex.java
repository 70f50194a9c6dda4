package dev.varve.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.file.Access;
import dev.varve.file.FileIo;
import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index and all records, in RocksDB: the one class that holds the database.
 *
 * <pre>
 *  table    key                              value
 *  default  'r' record key, ASCII            the record
 *           'm' "pack/" number, 8 hex digits published bytes 8, live bytes 8
 *           'm' "lease"                      highest lease number given out, 8
 *  chunks   key domain 4, chunk id 32        {@link Location}, 20
 *  nodes    node id 32                       lease 8, the node
 *  leases   lease 8                          start pack 4, start offset 8, purpose, UTF-8
 *           lease 8, node id 32              nothing: the lease put that node
 * </pre>
 *
 * <p>Every call holds a read lock while it is inside native code, and closing takes the write lock: a call after close is
 * an exception, never a crash.
 */
final class RocksIndex implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RocksIndex.class);
    private static final int READ_BYTES = 256 << 10;
    private static final long MAX_TABLE_BYTES = 64 << 20;
    private static final int CHUNKS_AT_ONCE = 4096;
    private static final int NODES_AT_ONCE = 128;
    private static final byte RECORD = 'r';
    private static final byte META = 'm';
    static final byte[] LAST_LEASE = metaKey("lease");

    private final Path directory;
    private final RocksOptions options;
    private final RocksDB db;
    private final ColumnFamilyHandle records;
    private final ColumnFamilyHandle chunks;
    private final ColumnFamilyHandle nodes;
    private final ColumnFamilyHandle leases;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;
    private volatile @Nullable IOException failure;

    private RocksIndex(Path directory, RocksOptions options, RocksDB db, List<ColumnFamilyHandle> handles) {
        this.directory = directory;
        this.options = options;
        this.db = db;
        records = handles.get(0);
        chunks = handles.get(1);
        nodes = handles.get(2);
        leases = handles.get(3);
    }

    /** Opens the index, or makes an empty one where {@code create} says so. */
    static RocksIndex open(Path directory, long blockCacheBytes, boolean create) throws IOException {
        RocksOptions options = new RocksOptions(blockCacheBytes);
        options.db.setCreateIfMissing(create).setCreateMissingColumnFamilies(create);
        return open(directory, options, RocksDB::open);
    }

    /**
     * How far the index would come if it were opened; it is left as it is. Opening for writing drops what lies behind the
     * first bad record of the logs, and deletes table files that a damaged manifest does not name: so this comes first.
     */
    static long probe(Path directory) throws IOException {
        try (RocksIndex index = openToRead(directory, false)) {
            return index.sequence();
        }
    }

    /**
     * Opens the index to read it; it is left as it is.
     *
     * @param isLenient whether tables are opened that miss files, and logs are read on behind what is bad in them
     */
    static RocksIndex openToRead(Path directory, boolean isLenient) throws IOException {
        RocksOptions options = new RocksOptions(1 << 20);
        options.db.setParanoidChecks(!isLenient);
        return open(directory, options, RocksDB::openReadOnly);
    }

    /**
     * Looks whether somebody has the index open, this process or another: only RocksDB knows both. It takes its lock, then
     * refuses to open what is there or what is not, and changes nothing.
     */
    static void requireFree(Path directory) throws IOException {
        RocksOptions options = new RocksOptions(1 << 20);
        options.db.setErrorIfExists(true);
        try {
            open(directory, options, RocksDB::open).close();
        } catch (StoreInUseException e) {
            throw e;
        } catch (IOException e) {
            LOG.debug("nobody has {}", directory, e);
        }
    }

    private interface Opening {
        RocksDB open(
                DBOptions options, String path, List<ColumnFamilyDescriptor> tables, List<ColumnFamilyHandle> handles)
                throws RocksDBException;
    }

    private static RocksIndex open(Path directory, RocksOptions options, Opening opening) throws IOException {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try {
            List<ColumnFamilyDescriptor> tables = List.of(
                    new ColumnFamilyDescriptor(
                            RocksDB.DEFAULT_COLUMN_FAMILY, options.table(4 << 20, CompressionType.LZ4_COMPRESSION)),
                    table("chunks", options, 16 << 20, CompressionType.NO_COMPRESSION),
                    table("nodes", options, 16 << 20, CompressionType.NO_COMPRESSION),
                    table("leases", options, 1 << 20, CompressionType.NO_COMPRESSION));
            RocksDB db = opening.open(options.db, directory.toString(), tables, handles);
            return new RocksIndex(directory, options, db, handles);
        } catch (RocksDBException e) {
            handles.forEach(ColumnFamilyHandle::close);
            options.close();
            throw failure(directory, e);
        }
    }

    private static ColumnFamilyDescriptor table(
            String name, RocksOptions options, long memtableBytes, CompressionType compression) {
        return new ColumnFamilyDescriptor(name.getBytes(US_ASCII), options.table(memtableBytes, compression));
    }

    @Nullable
    Location chunk(ChunkKey key) throws IOException {
        byte[] entry = new byte[Location.BYTES];
        int found = call(() -> db.get(chunks, options.read, chunkKey(key), entry));
        if (found == RocksDB.NOT_FOUND) {
            return null;
        }
        if (found != Location.BYTES) {
            throw new StoreCorruptException(directory, "index entry of " + found + " bytes for chunk " + key);
        }
        return Location.read(entry);
    }

    /** Lease and bytes of a node as stored, or null. */
    byte @Nullable [] node(ChunkId id) throws IOException {
        byte[] stored = call(() -> db.get(nodes, options.read, id.toBytes()));
        if (stored != null && stored.length <= Long.BYTES) {
            throw new StoreCorruptException(directory, "node " + id + " of " + stored.length + " bytes");
        }
        return stored;
    }

    byte @Nullable [] record(String key) throws IOException {
        return call(() -> db.get(records, options.read, recordKey(key)));
    }

    List<Map.Entry<String, byte[]>> records(String prefix, String after, int limit) throws IOException {
        List<Map.Entry<String, byte[]>> found = new ArrayList<>();
        String from = after.compareTo(prefix) > 0 ? after : prefix;
        scan(records, recordKey(from), (key, value) -> {
            String name = new String(key, 1, key.length - 1, US_ASCII);
            if (key[0] != RECORD || !name.startsWith(prefix) || found.size() >= limit) {
                return false;
            }
            if (name.compareTo(after) > 0) {
                found.add(Map.entry(name, value));
            }
            return found.size() < limit;
        });
        return found;
    }

    /** Published and live bytes of each pack, by number, ascending. */
    List<PackState> packs() throws IOException {
        List<PackState> found = new ArrayList<>();
        byte[] prefix = metaKey("pack/");
        scan(records, prefix, (key, value) -> {
            String name = new String(key, 1, key.length - 1, US_ASCII);
            if (key[0] != META || !name.startsWith("pack/")) {
                return false;
            }
            found.add(PackState.read((int) Long.parseLong(name.substring(5), 16), value));
            return true;
        });
        return found;
    }

    long lastLease() throws IOException {
        byte[] stored = call(() -> db.get(records, options.read, LAST_LEASE));
        return stored == null ? 0 : ByteBuffer.wrap(stored).getLong();
    }

    /** Records of leases that are neither committed nor reclaimed. */
    List<LeaseRecord> leases() throws IOException {
        List<LeaseRecord> found = new ArrayList<>();
        scan(leases, new byte[0], (key, value) -> {
            if (key.length == Long.BYTES) {
                found.add(LeaseRecord.read(ByteBuffer.wrap(key).getLong(), value));
            }
            return true;
        });
        return found;
    }

    /** Ids of the nodes that a lease put. */
    List<ChunkId> leaseNodes(long lease) throws IOException {
        List<ChunkId> found = new ArrayList<>();
        scan(leases, longKey(lease), (key, value) -> {
            if (ByteBuffer.wrap(key).getLong() != lease) {
                return false;
            }
            if (key.length == Long.BYTES + ChunkId.BYTES) {
                found.add(ChunkId.of(key, Long.BYTES));
            }
            return true;
        });
        return found;
    }

    /** Hands every chunk's entry to a visitor, in key order, some at a time: what changes meanwhile may be told as it was. */
    void chunks(ChunkVisitor visitor) throws IOException {
        pages(chunks, CHUNKS_AT_ONCE, (key, value) -> {
            if (key.length != Integer.BYTES + ChunkId.BYTES || value.length != Location.BYTES) {
                throw new StoreCorruptException(directory, "index entry of impossible length");
            }
            int domain = ByteBuffer.wrap(key).getInt();
            visitor.visit(new ChunkKey(domain, ChunkId.of(key, Integer.BYTES)), Location.read(value));
        });
    }

    /** Hands every node, with its lease in front, to a visitor, in key order, some at a time. */
    void nodes(NodeVisitor visitor) throws IOException {
        pages(nodes, NODES_AT_ONCE, (key, value) -> {
            if (key.length != ChunkId.BYTES || value.length <= Long.BYTES) {
                throw new StoreCorruptException(directory, "a node's entry of impossible length");
            }
            visitor.visit(ChunkId.of(key, 0), value);
        });
    }

    /** Visits a table with nothing held, so that the visitor may wait for others, and the index be closed. */
    private void pages(ColumnFamilyHandle table, int atOnce, PageVisitor visitor) throws IOException {
        List<Map.Entry<byte[], byte[]>> page = new ArrayList<>();
        byte[] from = {};
        do {
            page.clear();
            scan(table, from, (key, value) -> {
                page.add(Map.entry(key, value));
                return page.size() < atOnce;
            });
            for (Map.Entry<byte[], byte[]> entry : page) {
                visitor.visit(entry.getKey(), entry.getValue());
                from = Arrays.copyOf(entry.getKey(), entry.getKey().length + 1); // the next key there can be
            }
        } while (page.size() == atOnce);
    }

    private interface PageVisitor {
        void visit(byte[] key, byte[] value) throws IOException;
    }

    /** Hands records to a visitor, in key order, as they stand together at one moment of the call. */
    void recordsAtOnce(String prefix, GarbageCollection.RecordVisitor visitor) throws IOException {
        scan(records, recordKey(prefix), (key, value) -> {
            String name = new String(key, 1, key.length - 1, US_ASCII);
            boolean isWanted = key[0] == RECORD && name.startsWith(prefix);
            if (isWanted) {
                visitor.record(name, value);
            }
            return isWanted;
        });
    }

    /** What {@link #nodes} calls. */
    interface NodeVisitor {
        void visit(ChunkId id, byte[] leaseAndNode) throws IOException;
    }

    /** What {@link #chunks} calls. */
    interface ChunkVisitor {
        void visit(ChunkKey key, Location location) throws IOException;
    }

    private interface EntryVisitor {
        boolean visit(byte[] key, byte[] value) throws IOException;
    }

    private void scan(ColumnFamilyHandle table, byte[] from, EntryVisitor visitor) throws IOException {
        enter();
        try (RocksIterator entries = db.newIterator(table, options.scan)) {
            entries.seek(from);
            while (entries.isValid() && visitor.visit(entries.key(), entries.value())) {
                entries.next();
            }
            entries.status();
        } catch (RocksDBException e) {
            throw failure(directory, e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The table of records, which has a few other things in it, to be read although it may be damaged; closed before this is. */
    SalvagedTable salvagedRecords() {
        return new SalvagedTable(directory, db, records);
    }

    /** The table of nodes likewise. */
    SalvagedTable salvagedNodes() {
        return new SalvagedTable(directory, db, nodes);
    }

    /** A new, empty batch of changes; closed by the caller. */
    IndexBatch batch() {
        return new IndexBatch(this, records, chunks, nodes, leases);
    }

    /**
     * Applies a batch in one atomic step. When that fails nobody knows whether the batch is in the log, and a later
     * change could not rely on either: the index takes no more changes until it is opened again.
     *
     * @param sync whether it, and all before it, is durable when the call returns
     * @return a sequence number that the index holds from now on
     */
    long write(IndexBatch batch, boolean sync) throws IOException {
        IOException before = failure;
        if (before != null) {
            throw new IOException(
                    directory + ": a change has failed (" + before.getMessage() + "); open the store again", before);
        }
        try {
            return call(() -> {
                long sequence = db.getLatestSequenceNumber();
                db.write(sync ? options.synced : options.unsynced, batch.changes());
                return sequence + batch.changes().count();
            });
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    long sequence() throws IOException {
        return call(db::getLatestSequenceNumber);
    }

    /** Writes all that is in memory into table files, so that nothing depends on the log. */
    void flush() throws IOException {
        call(() -> {
            try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
                db.flush(flush, List.of(records, chunks, nodes, leases));
            }
            return 0;
        });
    }

    /** Reads every block of every table file and checks it. */
    void verify() throws IOException {
        call(() -> {
            db.verifyChecksum();
            return 0;
        });
    }

    /**
     * Reads tables into the system's page cache: RocksDB reads a cold table block by block, and waits for each. Of a large
     * index, a part.
     */
    void readTables(FileIo io) {
        enter();
        try (Stream<Path> files = Files.list(directory)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
            long left = MAX_TABLE_BYTES;
            for (Path file :
                    (Iterable<Path>) files.filter(path -> path.toString().endsWith(".sst"))::iterator) {
                left -= read(io, file, left, buffer);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("the index is not read ahead", e);
        } finally {
            leave();
        }
    }

    private static long read(FileIo io, Path file, long maxBytes, ByteBuffer buffer) {
        long at = 0;
        try (PositionalFile table = io.open(file, Access.READ)) {
            int count = 1;
            while (count > 0 && at < maxBytes) {
                count = table.read(buffer.clear(), at);
                at += Math.max(0, count);
            }
        } catch (IOException e) {
            LOG.debug("{} is not read ahead; RocksDB may have replaced it", file, e);
        }
        return at;
    }

    /** How many chunks there are; an estimate, to which every change of an entry adds, when they are many. */
    long countChunks() throws IOException {
        long estimate = call(() -> db.getLongProperty(chunks, "rocksdb.estimate-num-keys"));
        if (estimate > StoreStats.MOST_COUNTED) {
            return estimate;
        }
        AtomicLong count = new AtomicLong();
        chunks((key, location) -> count.incrementAndGet());
        return count.get();
    }

    long estimateNodes() throws IOException {
        return call(() -> db.getLongProperty(nodes, "rocksdb.estimate-num-keys"));
    }

    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            List.of(leases, nodes, chunks, records).forEach(ColumnFamilyHandle::close);
            db.close();
            options.close();
        } finally {
            lock.writeLock().unlock();
        }
    }

    private interface NativeCall<T extends @Nullable Object> {
        T run() throws RocksDBException;
    }

    private <T extends @Nullable Object> T call(NativeCall<T> body) throws IOException {
        enter();
        try {
            return body.run();
        } catch (RocksDBException e) {
            throw failure(directory, e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Keeps the database open until {@link #leave}. */
    void enter() {
        lock.readLock().lock();
        if (closed) {
            lock.readLock().unlock();
            throw new IllegalStateException("the store is closed");
        }
    }

    void leave() {
        lock.readLock().unlock();
    }

    private static IOException failure(Path directory, RocksDBException e) {
        Status status = e.getStatus();
        String message = e.getMessage() == null ? "unknown" : e.getMessage();
        if (status != null && status.getCode() == Status.Code.IOError && isHeld(message)) {
            return new StoreInUseException(directory, e);
        }
        if (status != null
                && (status.getCode() == Status.Code.IOError || status.getCode() == Status.Code.Busy)
                && !message.contains("No such file")) {
            return new IOException(directory + ": " + message, e);
        }
        return new StoreCorruptException(directory, message, e);
    }

    /** Whether RocksDB says that another process, or this one, has its lock; a path may hold any word. */
    private static boolean isHeld(String message) {
        return message.startsWith("While lock file: ") || message.startsWith("lock hold by current process");
    }

    static byte[] chunkKey(ChunkKey key) {
        byte[] bytes = new byte[Integer.BYTES + ChunkId.BYTES];
        ByteBuffer.wrap(bytes).putInt(key.domain());
        key.id().write(bytes, Integer.BYTES);
        return bytes;
    }

    static byte[] recordKey(String key) {
        return prefixed(RECORD, key);
    }

    static byte[] metaKey(String key) {
        return prefixed(META, key);
    }

    static byte[] longKey(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    private static byte[] prefixed(byte prefix, String key) {
        byte[] bytes = new byte[key.length() + 1];
        bytes[0] = prefix;
        for (int i = 0; i < key.length(); i++) {
            bytes[i + 1] = (byte) key.charAt(i);
        }
        return bytes;
    }
}
