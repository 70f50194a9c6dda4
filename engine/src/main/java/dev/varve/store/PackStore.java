package dev.varve.store;

import dev.varve.chunk.ChunkCorruptException;
import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import dev.varve.chunk.Codec;
import dev.varve.chunk.FrameCodec;
import dev.varve.chunk.Lz4Codec;
import dev.varve.chunk.StoredCodec;
import dev.varve.chunk.ZstdCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store on disk: frames in packs, the index and records in RocksDB.
 *
 * <p><b>States of a chunk.</b> A chunk that a writer puts is appended to a pack and stands in the table of what is in
 * flight ({@link Flights}). <i>Publishing</i> syncs the packs, then writes index entries that carry the writer's lease,
 * then drops the flights. While the lease's record stands in the index its entries are <i>unsettled</i>: they can be
 * read and found, but they go when the lease dies. A commit deletes the lease's record in the same synced batch that
 * writes the records, and by that settles all its entries at once, whatever their number.
 *
 * <p><b>Order.</b> Pack sync, index entries (WAL, unsynced), final batch (WAL, synced), then {@link Head}. The WAL is a
 * prefix after a crash, so a record that is there has all its entries, and an entry that is there has its synced frame.
 *
 * <p><b>Two writers of one chunk.</b> A put holds the lock of the chunk's stripe from the look-up to the entry in
 * flight, so one of them stores it and the other finds it. Who finds a chunk that is unsettled under another lease
 * remembers it as <i>joint</i>, and settles the entry in its own final batch: whichever of the two dies, the other's
 * commit holds. A commit publishes everything in flight, whoever put it, so what it found is as durable as what it put.
 *
 * <p><b>Dead leases.</b> A lease that ends without a commit leaves entries and frames behind. They go when no writer is
 * active, or at the next opening ({@link Reclaimer}); until then they count as unsettled.
 *
 * <p><b>Collections.</b> What one condemns carries the time in place of a lease ({@link PackCollection}).
 *
 * <p><b>Locks</b>, outermost first: a lease's own lock (puts shared, commit and close alone), a stripe, the lock of who
 * settles, the leases' lock, the publisher's lock, the tail of the packs. Nothing is called back under a lock.
 *
 * <p><b>Failure.</b> A put that can't be written fails its lease. A publication that fails (a sync above all: the kernel
 * has dropped the pages) fails every lease that is open; the pack is not appended to again.
 */
public final class PackStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(PackStore.class);
    private static final int SCRATCH = 16;

    private final StoreProperties properties;
    private final RocksIndex index;
    private final Packs packs;
    private final Flights flights;
    private final Leases leases;
    private final StoreFiles files;
    private final Codec codec;
    private final AtomicLong alarms = new AtomicLong();
    private final ArrayBlockingQueue<FrameCodec> scratch = new ArrayBlockingQueue<>(SCRATCH);

    /**
     * Loads what a store needs of native code and slow classes, so that a later call finds it there.
     *
     * @param nativeFolder as in {@link StoreOptions}
     */
    public static void prepare(@Nullable Path nativeFolder) {
        try {
            NativeLibraries.load(nativeFolder);
            ChunkId unusedId = new ChunkHasher().hash(ByteBuffer.allocate(1));
            UUID unusedUuid = UUID.randomUUID();
        } catch (IOException | RuntimeException | LinkageError e) {
            // Whoever opens a store meets it again, and is told.
        }
    }

    /**
     * Makes an empty store.
     *
     * @param root a folder that is empty or does not exist
     * @param options chunk size and compression, among others
     * @return the store, open
     * @throws StoreFormatException when the folder is a store already, or holds something else
     * @throws IOException when it could not be written; a second attempt starts afresh
     */
    public static PackStore create(Path root, StoreOptions options) throws IOException {
        NativeLibraries.load(options.nativeFolder());
        StoreProperties properties = new StoreProperties(
                UUID.randomUUID(), FormatFile.NEWEST, options.chunkSizeBytes(), options.compression());
        return over(properties, StoreFiles.create(root, properties, options));
    }

    /**
     * Opens a store, and drops what writers that died in it left behind.
     *
     * @param root its folder
     * @param options budgets; chunk size and compression are the store's own
     * @return the store
     * @throws StoreNotFoundException when there is none
     * @throws StoreInUseException when another process has it
     * @throws StoreFormatException when its format is newer than this code
     * @throws StoreCorruptException when a file that everything depends on is damaged
     * @throws IOException when it could not be read
     */
    public static PackStore open(Path root, StoreOptions options) throws IOException {
        StoreProperties properties = StoreFiles.properties(root);
        NativeLibraries.load(options.nativeFolder());
        return over(properties, StoreFiles.open(root, properties, options));
    }

    private static PackStore over(StoreProperties properties, StoreFiles files) throws IOException {
        try {
            return new PackStore(properties, files);
        } catch (IOException | RuntimeException e) {
            try {
                files.close();
            } catch (IOException f) {
                e.addSuppressed(f);
            }
            throw e;
        }
    }

    private PackStore(StoreProperties properties, StoreFiles files) throws IOException {
        this.properties = properties;
        this.files = files;
        index = files.index();
        packs = files.packs();
        codec = codec(properties.compression());
        flights = new Flights(index, packs, files.packStates());
        leases = new Leases(index, packs, flights, files.head(), new Reclaimer(files, properties));
        leases.recover();
    }

    private static Codec codec(Compression compression) {
        return switch (compression) {
            case LZ4 -> Lz4Codec.INSTANCE;
            case ZSTD -> ZstdCodec.INSTANCE;
            case STORED -> StoredCodec.INSTANCE;
        };
    }

    @Override
    public StoreProperties properties() {
        return properties;
    }

    @Override
    public void get(ChunkKey key, ByteBuffer dst) throws IOException {
        int size = properties.chunkSizeBytes();
        if (dst.remaining() < size) {
            throw new IllegalArgumentException(dst.remaining() + " bytes left for a chunk of " + size);
        }
        Location location = require(key);
        for (boolean done = false; !done; ) {
            int start = dst.position();
            try {
                read(key, location, dst);
                done = true;
            } catch (ChunkCorruptException | IllegalStateException e) {
                Location now = require(key);
                if (now.samePlace(location)) {
                    throw e;
                }
                location = now; // it was moved meanwhile
                dst.position(start);
            }
        }
        if (location.isCondemned()) {
            bringBack(key);
        }
    }

    private Location require(ChunkKey key) throws IOException {
        Location location = find(key);
        if (location == null) {
            throw new ChunkMissingException(key, "the index");
        }
        return location;
    }

    private void read(ChunkKey key, Location location, ByteBuffer dst) throws IOException {
        FrameCodec frames = takeScratch();
        int limit = dst.limit();
        try {
            if (location.lengthBytes() <= 0 || location.lengthBytes() > frames.maxFrameBytes()) {
                throw new ChunkCorruptException(key, where(location), "frame of " + location.lengthBytes() + " bytes");
            }
            packs.read(location, frames.buffer(location.lengthBytes()));
            frames.decode(key, dst.limit(dst.position() + properties.chunkSizeBytes()));
        } catch (IllegalArgumentException | java.io.EOFException | java.nio.file.NoSuchFileException e) {
            throw new ChunkCorruptException(key, where(location), String.valueOf(e.getMessage()), e);
        } finally {
            dst.limit(limit);
            giveScratch(frames);
        }
    }

    /** Somebody reads what a collection has condemned: it was wrong, or the reader came before the deletion. */
    private void bringBack(ChunkKey key) {
        synchronized (flights.stripe(key.id())) {
            try {
                Location location = index.chunk(key);
                if (location != null && location.isCondemned()) {
                    bringBack(key, location);
                }
            } catch (IOException e) {
                LOG.warn("chunk {} was condemned, is needed, and stays condemned", key, e);
            }
        }
    }

    private void bringBack(ChunkId id) {
        synchronized (flights.stripe(id)) {
            try {
                byte[] stored = index.node(id);
                if (stored != null && ByteBuffer.wrap(stored).getLong() < 0) {
                    putNode(id, Arrays.copyOfRange(stored, Long.BYTES, stored.length), 0);
                    alarms.incrementAndGet();
                }
            } catch (IOException e) {
                LOG.warn("node {} was condemned, is needed, and stays condemned", id, e);
            }
        }
    }

    private void putNode(ChunkId id, byte[] node, long lease) throws IOException {
        try (IndexBatch batch = index.batch()) {
            index.write(batch.node(id, node, lease), false);
        }
    }

    /** The caller holds the stripe. */
    private Location bringBack(ChunkKey key, Location condemned) throws IOException {
        Location settled = condemned.settled();
        try (IndexBatch batch = index.batch()) {
            index.write(batch.chunk(key, settled), false);
        }
        alarms.incrementAndGet();
        LOG.info("chunk {} was condemned, and is needed", key);
        return settled;
    }

    private @Nullable Location find(ChunkKey key) throws IOException {
        Location location = index.chunk(key);
        if (location == null) {
            location = flights.find(key);
            location = location == null ? index.chunk(key) : location;
        }
        return location;
    }

    private String where(Location location) {
        return packs.path(location.pack()) + " at offset " + location.offsetBytes();
    }

    private FrameCodec takeScratch() {
        FrameCodec free = scratch.poll();
        return free == null ? new FrameCodec(properties.chunkSizeBytes()) : free;
    }

    private void giveScratch(FrameCodec used) {
        scratch.offer(used);
    }

    @Override
    public boolean contains(ChunkKey key) throws IOException {
        return find(key) != null;
    }

    @Override
    public boolean isWanted(ChunkKey key) throws IOException {
        Location location = find(key);
        return location != null && !location.isCondemned();
    }

    @Override
    public void chunks(ChunkVisitor visitor) throws IOException {
        index.chunks((key, location) -> visitor.chunk(key, storedBytes(key, location)));
    }

    @Override
    public int storedBytes(ChunkKey key) throws IOException {
        Location location = index.chunk(key);
        return location == null ? 0 : storedBytes(key, location);
    }

    private int storedBytes(ChunkKey key, Location location) throws IOException {
        if (location.lengthBytes() <= 0 || location.lengthBytes() > MAX_STORED_BYTES) {
            throw new ChunkCorruptException(key, where(location), "frame of " + location.lengthBytes() + " bytes");
        }
        return location.lengthBytes();
    }

    @Override
    public byte[] node(ChunkId id) throws IOException {
        byte[] stored = index.node(id);
        if (stored == null) {
            throw new ChunkMissingException(ChunkKey.plain(id), "the index of nodes");
        }
        if (ByteBuffer.wrap(stored).getLong() < 0) {
            bringBack(id);
        }
        return node(id, stored);
    }

    @Override
    public byte[] neededNode(ChunkId id) throws IOException {
        byte[] stored = index.node(id);
        if (stored == null || ByteBuffer.wrap(stored).getLong() < 0) {
            throw new ChunkMissingException(ChunkKey.plain(id), "the index of nodes");
        }
        return node(id, stored);
    }

    private static byte[] node(ChunkId id, byte[] stored) throws IOException {
        byte[] node = Arrays.copyOfRange(stored, Long.BYTES, stored.length);
        ChunkId found = new ChunkHasher().hash(ByteBuffer.wrap(node));
        if (!found.equals(id)) {
            throw new ChunkCorruptException(ChunkKey.plain(id), "the index of nodes", "found a node of id " + found);
        }
        return node;
    }

    @Override
    public byte @Nullable [] record(String key) throws IOException {
        return index.record(key);
    }

    @Override
    public List<Map.Entry<String, byte[]>> records(String prefix, String after, int limit) throws IOException {
        return index.records(prefix, after, limit);
    }

    @Override
    public void commit(Map<String, byte[]> puts, Set<String> deletes) throws IOException {
        leases.commitRecords(puts, deletes);
    }

    @Override
    public WriteLease write(String purpose) throws IOException {
        return new PackLease(this, leases.begin(purpose));
    }

    /** Stores a chunk for a lease, whose lock the caller holds shared. */
    boolean put(Leases.Entry lease, ChunkKey key, ByteBuffer plain) throws IOException {
        if (plain.remaining() != properties.chunkSizeBytes()) {
            throw new IllegalArgumentException(
                    plain.remaining() + " bytes, expected a chunk of " + properties.chunkSizeBytes());
        }
        synchronized (flights.stripe(key.id())) {
            Location found = flights.find(key);
            found = found == null ? index.chunk(key) : found;
            if (found != null) {
                leases.found(lease, key, found.isCondemned() ? bringBack(key, found) : found);
                return false;
            }
            FrameCodec frames = takeScratch();
            try {
                flights.add(key, packs.append(frames.encode(key, plain, codec), lease.number()));
            } finally {
                giveScratch(frames);
            }
        }
        flights.publishIfMany(leases);
        return true;
    }

    /** Stores a node for a lease, whose lock the caller holds shared. */
    ChunkId putNode(Leases.Entry lease, byte[] node) throws IOException {
        if (node.length == 0 || node.length > WriteLease.MAX_NODE_BYTES) {
            throw new IllegalArgumentException("a node of " + node.length + " bytes");
        }
        ChunkId id = new ChunkHasher().hash(ByteBuffer.wrap(node));
        synchronized (flights.stripe(id)) {
            byte[] stored = index.node(id);
            long owner =
                    stored == null ? lease.number() : ByteBuffer.wrap(stored).getLong();
            if (stored != null && owner >= 0) {
                leases.foundNode(lease, id, owner);
                return id;
            }
            if (stored != null) {
                leases.foundNode(lease, id, 0);
                alarms.incrementAndGet();
            }
            putNode(id, node, Math.max(0, owner));
        }
        return id;
    }

    Leases leases() {
        return leases;
    }

    StoreFiles files() {
        return files;
    }

    @Override
    public GarbageCollection collect() {
        return new PackCollection(this, leases.beginCollection());
    }

    Flights flights() {
        return flights;
    }

    /** How often something was brought back that a collection had condemned. */
    AtomicLong alarms() {
        return alarms;
    }

    @Override
    public void warmUp() {
        index.readTables(files.io());
    }

    @Override
    public StoreStats stats() throws IOException {
        long packBytes = 0;
        long liveBytes = 0;
        Map<Integer, Long> lengths = packs.lengths();
        for (long length : lengths.values()) {
            packBytes += length;
        }
        for (PackState pack : flights.packStates()) {
            liveBytes += pack.liveBytes();
        }
        return new StoreStats(
                index.countChunks(),
                index.estimateNodes(),
                lengths.size(),
                packBytes,
                liveBytes,
                files.indexBytes(),
                alarms.get());
    }

    @Override
    public Verification verification() {
        return new PackVerification(this);
    }

    @Override
    public Mending mend(Set<Integer> unsound) throws IOException {
        unsound.forEach(packs::leave);
        return new PackMending(this, codec);
    }

    @Override
    public synchronized void close() throws IOException {
        try (files) {
            leases.close();
        }
    }
}
