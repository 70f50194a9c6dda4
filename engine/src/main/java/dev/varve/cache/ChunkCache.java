package dev.varve.cache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkKey;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chunks in memory, shared by all volumes: a bounded number of slots, each of one chunk, in a mapped file or on the heap.
 *
 * <ul>
 *   <li><b>Words.</b> A chunk that is in the cache has a word, which says where. Callers keep it beside the chunk's id, and
 *       read by it. It is only a hint: {@link #read} finds out when the slot has other content by now, and says so.
 *   <li><b>Threads.</b> All methods may be called from many threads. Interrupting one harms nobody: the call ends as if it
 *       had not been interrupted, and the flag is kept.
 *   <li><b>Durability.</b> None is promised. A cache in a file finds most of what an earlier process left in it, also one
 *       that was killed; a chunk counts only once its content was checked against its id.
 *   <li><b>After {@link #close}</b>, which waits for the loads in progress, every call is an
 *       {@link IllegalStateException}; closing again does nothing.
 * </ul>
 *
 * <pre>{@code
 * long word = leaf.word(i);
 * if (!cache.read(word, offset, dst, length)) {
 *     leaf.setWord(i, cache.readThrough(key, store::get, offset, dst, length));
 * }
 * }</pre>
 *
 * <h2>How it works</h2>
 *
 * <p><b>A slot</b> is in one of these states, and its generation ({@link SlotGenerations}) says which to who reads
 * without a lock:
 *
 * <pre>
 *                       survivor: odd generation, has a key, in a queue
 *                                                             |  settle: its content has passed the check
 *                                                             v
 *             takeFree              fill                  filled: even generation, has a key,
 *   free  ---------------&gt; owned ----------&gt; filling ----&gt; in a queue of {@link EvictionQueues}
 *   (odd)                  ^  by one loader   (odd)           |
 *     ^                    |                    |             |
 *     |                    +--------------------|-------------+  takeVictim, of survivors too: the key goes,
 *     +-----------------------------------------+                the generation stays until the fill begins
 *                          fill failed: stays odd
 * </pre>
 *
 * <p><b>A hit</b> takes no lock, makes no atomic change and allocates nothing: compare the generation, copy, compare
 * again. A refill may run beside the copy; the second comparison then fails, and the bytes are thrown away.
 *
 * <p><b>A miss</b> takes the lock, shortly, before and after. One thread loads a chunk; who asks for it meanwhile waits
 * for that {@link Load}, and copies from the same buffer: so everybody gets the bytes although the chunk may have found
 * no room (the disk is full; all slots are being filled) or may have been evicted again. A failure reaches all who wait
 * and is not remembered. The victim is chosen after the bytes have come, so a load that fails evicts nothing. A load is
 * complete in a {@code finally}, whatever the loader throws.
 *
 * <p><b>A fill of a file's slot</b> costs more than the load, as the kernel has to find new page cache for it. Who reads does
 * not wait for that: another thread fills the slot ({@link LaterFills}), and until then the chunk is read from its load's
 * buffer. At most {@value #MAX_WAITING_FILLS} fills wait; beyond, who has loaded a chunk fills its slot, so that about half of
 * the buffers stay free for loads.
 *
 * <p><b>A survivor</b> is a slot that an earlier process filled. It has its key and its place in a queue from the start, and
 * admits nobody. Who misses the chunk first is its loader: it reads the slot and hashes it, and only if that is not the
 * chunk asks the store, as for any miss. Nobody owns the slot meanwhile, so it may become a victim: the key under the lock
 * says afterwards whether it did, as only this loader could have brought the same chunk back. The bytes are good then all
 * the same, they only stay out of the cache.
 *
 * <p><b>The lock</b> guards keys, queues, loads and counts. No I/O, no copy and no waiting happens under it. At most
 * {@value #MAX_LOADS} loads run at once or wait for their fill, one for each buffer; more wait for a buffer, each for a different
 * chunk. A buffer goes back when the last who waited has copied and the slot is filled, neither of which waits for a buffer, so
 * buffers always come back.
 *
 * <p><b>Races.</b> Lock and generation are never needed together: the key leaves under the lock, then the generation
 * turns odd; it turns even, then the key enters under the lock. So a word that {@link #find} returns was good then. Closing
 * turns away who comes and waits for who is inside but for hits, which may go on a moment longer. What is mapped stays so
 * while anybody can reach it, and is unmapped by the collector: nobody reads memory that is gone. A hit that finds the
 * cache closed after it has copied throws the bytes away, as another cache may have written to the file by then.
 *
 * <p><b>Faults.</b> A page that can't be read faults in the mapping. The JVM makes an {@link InternalError} of it, often
 * too late, which {@link CopyMarks} sees to; this class makes it an {@link IOException}, and revokes the slot, so the next
 * reader loads anew.
 *
 * <p><b>Memory</b> beside the slots: about 80 bytes of heap a slot, and the buffers.
 */
public final class ChunkCache implements AutoCloseable {
    /** No word: the chunk is not in the cache. {@link #read} takes it, and finds nothing. */
    public static final long MISS = SlotGenerations.MISS;

    /** How many chunks are loaded at once. */
    public static final int MAX_LOADS = 32;

    /** The most slots: 2 TiB of 64 KiB chunks. */
    public static final int MAX_SLOTS = 1 << 25;

    private static final int MAX_WAITING_FILLS = MAX_LOADS / 2;

    private static final Logger LOG = LoggerFactory.getLogger(ChunkCache.class);

    private final int chunkSize;
    private final int chunkShift;
    private final int slotCount;
    private final Slots slots;
    private final SlotGenerations generations;
    private final LoadBuffers buffers;
    private final @Nullable LaterFills fills;
    private final ReaderGate gate = new ReaderGate("the chunk cache");
    private final HitCount hits = new HitCount();
    private final Object lock = new Object();

    /** {@link EvictionQueues#touch} is called without the lock. */
    private final EvictionQueues queues;

    @GuardedBy("lock")
    private final KeyTable keys;

    @GuardedBy("lock")
    private final Map<ChunkKey, Load> loads = new HashMap<>();

    @GuardedBy("lock")
    private long loadCount;

    @GuardedBy("lock")
    private long reusedCount;

    @GuardedBy("lock")
    private long failedCount;

    @GuardedBy("lock")
    private long uncachedCount;

    @GuardedBy("lock")
    private long evictionCount;

    @GuardedBy("gate")
    private boolean closed;

    ChunkCache(Slots slots, int slotCount, int chunkSize) {
        this.slots = slots;
        this.slotCount = slotCount;
        this.chunkSize = chunkSize;
        this.chunkShift = Integer.numberOfTrailingZeros(chunkSize);
        generations = new SlotGenerations(slotCount);
        boolean inFile = slots instanceof FileSlots;
        buffers = new LoadBuffers(MAX_LOADS, chunkSize, inFile);
        fills = inFile ? new LaterFills(MAX_WAITING_FILLS) : null;
        KeyTable table = new KeyTable(slotCount);
        keys = table;
        queues = new EvictionQueues(slotCount, table::hash);
        slots.survivors((key, slot) -> {
            if (table.find(key) == KeyTable.NONE) {
                table.put(key, slot);
                queues.adopt(slot);
            }
        });
        LOG.debug("chunk cache: {} slots of {} bytes in {}", slotCount, chunkSize, slots.describe());
    }

    /**
     * A cache in a file, mapped by Chronicle Bytes if the JVM has the flags for it and by the JDK otherwise.
     *
     * <p>What an earlier process left is found again. For that, opening reads 40 bytes for each slot that was ever used,
     * which takes 0.3 microseconds: 50 ms for 10 GiB of 64 KiB chunks, 5 s for 1 TiB.
     *
     * @param io opens the files; closed by the caller, after the cache
     * @param folder made if need be; holds the files {@code chunks}, which is sparse, and {@code directory}
     * @param store the id of the store that chunks are loaded from: what the folder holds of another is not used
     * @param chunkSizeBytes the store's, a power of two from 4 KiB
     * @param capacityBytes at least one chunk; the part of a chunk at its end is not used
     * @return the cache, to be closed by the caller
     * @throws IOException when the files can't be created or mapped
     */
    public static ChunkCache mapped(FileIo io, Path folder, UUID store, int chunkSizeBytes, long capacityBytes)
            throws IOException {
        return mapped(io, folder, store, chunkSizeBytes, capacityBytes, FileSlots.Mapping.AUTOMATIC);
    }

    static ChunkCache mapped(
            FileIo io, Path folder, UUID store, int chunkSizeBytes, long capacityBytes, FileSlots.Mapping mapping)
            throws IOException {
        int slotCount = Slots.count(chunkSizeBytes, capacityBytes);
        Files.createDirectories(folder);
        Slots slots = FileSlots.open(io, folder, store, slotCount, chunkSizeBytes, mapping);
        return new ChunkCache(slots, slotCount, chunkSizeBytes);
    }

    /**
     * A cache on the heap, which takes memory as it fills.
     *
     * @param chunkSizeBytes the store's, a power of two from 4 KiB
     * @param capacityBytes at least one chunk; the part of a chunk at its end is not used
     * @return the cache, to be closed by the caller
     */
    public static ChunkCache onHeap(int chunkSizeBytes, long capacityBytes) {
        int slotCount = Slots.count(chunkSizeBytes, capacityBytes);
        return new ChunkCache(new HeapSlots(slotCount, chunkSizeBytes), slotCount, chunkSizeBytes);
    }

    /**
     * Reads a part of a chunk, if it is still where the word says.
     *
     * @param word from {@link #find}, {@link #load} or {@link #readThrough} of this cache, or {@link #MISS}
     * @param offsetBytes where to start in the chunk
     * @param dst heap or direct; its position moves past what was read
     * @param lengthBytes how much
     * @return false when the chunk has moved: the position of {@code dst} stays, and the bytes behind it are undefined
     * @throws IOException when the memory could not be read: likewise
     */
    public boolean read(long word, int offsetBytes, ByteBuffer dst, int lengthBytes) throws IOException {
        checkRange(offsetBytes, dst, lengthBytes);
        boolean good = false;
        try {
            good = copy(word, offsetBytes, dst, lengthBytes);
        } catch (IOException | RuntimeException e) {
            gate.requireOpen();
            throw e;
        }
        gate.requireOpen(); // after the copy: once closed, the file may be another cache's
        if (good) {
            dst.position(dst.position() + lengthBytes);
            hits.add();
        }
        return good;
    }

    /**
     * Looks a chunk up.
     *
     * @param key its name
     * @return its word, or {@link #MISS}
     */
    public long find(ChunkKey key) {
        int pass = gate.enter();
        try {
            synchronized (lock) {
                return word(keys.find(key));
            }
        } finally {
            gate.exit(pass);
        }
    }

    /**
     * Whether a read of a chunk needs no loader: it is in the cache, or its bytes have come and are on their way there.
     *
     * @param key its name
     * @return whether that was so at the moment
     */
    public boolean has(ChunkKey key) {
        int pass = gate.enter();
        try {
            synchronized (lock) {
                Load load = loads.get(key);
                return word(keys.find(key)) != MISS || load != null && load.hasBytes();
            }
        } finally {
            gate.exit(pass);
        }
    }

    /**
     * Sees to it that a chunk is in the cache.
     *
     * @param key its name
     * @param loader fetches it unless it is there, or on its way
     * @return its word, or {@link #MISS} when there was no room for it, or a reader has just loaded it and it is not there yet
     * @throws IOException the loader's
     */
    public long load(ChunkKey key, ChunkLoader loader) throws IOException {
        return fetch(key, loader, 0, null, 0);
    }

    /**
     * Reads a part of a chunk, which is fetched into the cache first unless it is there. The bytes come also when there
     * was no room for them in the cache, and before they are there.
     *
     * @param key its name
     * @param loader fetches it unless it is there, or on its way
     * @param offsetBytes where to start in the chunk
     * @param dst heap or direct; its position moves past what was read, or stays when the call fails
     * @param lengthBytes how much
     * @return its word, or {@link #MISS} when there was no room for it, or there is not yet
     * @throws IOException the loader's, also of the thread whose load this one waited for
     */
    public long readThrough(ChunkKey key, ChunkLoader loader, int offsetBytes, ByteBuffer dst, int lengthBytes)
            throws IOException {
        checkRange(offsetBytes, dst, lengthBytes);
        return fetch(key, loader, offsetBytes, dst, lengthBytes);
    }

    /**
     * Numbers about the cache.
     *
     * @return a snapshot of them
     */
    public CacheStats stats() {
        int pass = gate.enter();
        try {
            synchronized (lock) {
                return new CacheStats(
                        hits.sum(),
                        loadCount,
                        reusedCount,
                        failedCount,
                        uncachedCount,
                        evictionCount,
                        (long) keys.size() << chunkShift,
                        (long) slotCount << chunkShift);
            }
        } finally {
            gate.exit(pass);
        }
    }

    /** Whether all that was loaded is where it belongs. */
    boolean isSettled() {
        synchronized (lock) {
            return loads.isEmpty();
        }
    }

    /** Waits for the calls in progress but hits, then closes the file, which stays. */
    @Override
    public void close() throws IOException {
        synchronized (gate) {
            if (!closed) {
                closed = true;
                gate.close();
                if (fills != null) {
                    fills.close();
                }
                slots.close();
            }
        }
    }

    /** Copies without moving the position of {@code dst}; false when the chunk is not there any more. */
    private boolean copy(long word, int offsetBytes, ByteBuffer dst, int lengthBytes) throws IOException {
        if (!generations.admits(word)) {
            return false;
        }
        int slot = SlotGenerations.slot(word);
        int position = dst.position();
        try {
            slots.copy(slot, offsetBytes, dst, position, lengthBytes);
        } catch (IOException | InternalError e) {
            revoke(word);
            throw new IOException("slot " + slot + " of " + slots.describe() + " could not be read", e);
        }
        if (!generations.stillAdmits(word)) {
            return false;
        }
        queues.touch(slot);
        return true;
    }

    private long fetch(ChunkKey key, ChunkLoader loader, int offsetBytes, @Nullable ByteBuffer dst, int lengthBytes)
            throws IOException {
        int pass = gate.enter();
        try {
            long word;
            do {
                Load load = null;
                boolean mine = false;
                synchronized (lock) {
                    int slot = keys.find(key);
                    word = word(slot);
                    if (word == MISS) {
                        load = loads.computeIfAbsent(key, unused -> new Load(slot));
                        mine = load.join();
                    }
                }
                if (load != null) {
                    return await(load, mine, key, loader, offsetBytes, dst, lengthBytes);
                }
            } while (dst != null && !copy(word, offsetBytes, dst, lengthBytes));
            if (dst != null) {
                dst.position(dst.position() + lengthBytes);
            }
            return word;
        } finally {
            gate.exit(pass);
        }
    }

    private long await(
            Load load,
            boolean mine,
            ChunkKey key,
            ChunkLoader loader,
            int offsetBytes,
            @Nullable ByteBuffer dst,
            int lengthBytes)
            throws IOException {
        try {
            if (mine) {
                run(load, key, loader, dst != null);
            } else {
                load.done.join(); // takes no notice of an interrupt, and keeps it
            }
            return load.result(offsetBytes, dst, lengthBytes);
        } finally {
            leave(load);
        }
    }

    /** Loads a chunk. Where somebody waits for the bytes, a slot may be filled after they have come. */
    private void run(Load load, ChunkKey key, ChunkLoader loader, boolean waits) {
        boolean reused = false;
        boolean loaded = false;
        try {
            ByteBuffer buffer = buffers.take();
            load.buffer = buffer;
            reused = load.survivor != KeyTable.NONE && slots.recover(load.survivor, key, buffer);
            if (!reused) {
                loader.load(key, buffer.clear());
                if (buffer.hasRemaining()) {
                    throw new IOException("chunk " + key + " was loaded short: " + buffer);
                }
                buffer.flip();
                loaded = true;
            }
        } catch (Throwable e) { // whatever it is, those who wait are told
            load.failure = e;
        } finally {
            end(load, key, reused, loaded, waits);
        }
    }

    private void end(Load load, ChunkKey key, boolean reused, boolean loaded, boolean waits) {
        synchronized (lock) {
            settle(load, key, reused);
            if (reused) {
                reusedCount++;
            } else {
                loadCount++;
                failedCount += loaded ? 0 : 1;
            }
        }
        boolean later = false;
        try {
            later = loaded && waits && fillLater(load, key);
        } finally {
            try {
                if (!later) {
                    enter(load, key, loaded);
                }
            } finally {
                load.done.complete(null);
            }
        }
    }

    /** Has another thread bring a chunk into the cache; false when it does not. */
    private boolean fillLater(Load load, ChunkKey key) {
        if (fills == null) {
            return false;
        }
        int pass = gate.enterAgain(); // who closes waits for it
        boolean begun = false;
        synchronized (lock) {
            load.join();
        }
        try {
            begun = fills.begin(() -> {
                try {
                    enter(load, key, true);
                } finally {
                    gate.exit(pass);
                    leave(load);
                }
            });
        } finally {
            if (!begun) {
                gate.exit(pass);
                leave(load);
            }
        }
        return begun;
    }

    /** Brings what was loaded into the cache, if there is room; from then on nobody joins the load. */
    private void enter(Load load, ChunkKey key, boolean loaded) {
        ByteBuffer buffer = load.buffer;
        int slot = EvictionQueues.NONE;
        boolean filled = false;
        try {
            slot = loaded ? takeSlot() : EvictionQueues.NONE;
            filled = slot != EvictionQueues.NONE && buffer != null && fill(slot, key, buffer);
        } finally {
            synchronized (lock) {
                loads.remove(key);
                if (filled) {
                    keys.put(key, slot);
                    queues.insert(slot);
                    load.word = generations.word(slot);
                } else if (slot != EvictionQueues.NONE) {
                    queues.free(slot);
                }
                uncachedCount += loaded && !filled ? 1 : 0;
            }
        }
    }

    private int takeSlot() {
        synchronized (lock) {
            int slot = queues.takeFree();
            if (slot != EvictionQueues.NONE) {
                return slot;
            }
            slot = queues.takeVictim();
            if (slot != EvictionQueues.NONE) {
                keys.remove(slot);
                evictionCount++;
            }
            return slot;
        }
    }

    private boolean fill(int slot, ChunkKey key, ByteBuffer chunk) {
        generations.beginFill(slot);
        try {
            slots.fill(slot, key, chunk);
        } catch (Throwable e) { // those who wait have the bytes all the same
            LOG.debug("a chunk stays out of the cache", e);
            return false;
        }
        generations.endFill(slot);
        return true;
    }

    /** Admits readers to what an earlier process left, or forgets it; it may have made room meanwhile. */
    @GuardedBy("lock")
    private void settle(Load load, ChunkKey key, boolean reused) {
        int slot = load.survivor;
        if (slot == KeyTable.NONE || keys.find(key) != slot) {
            return;
        }
        if (reused) {
            load.word = generations.endFill(slot);
            queues.touch(slot);
        } else {
            keys.remove(slot);
        }
    }

    private void leave(Load load) {
        boolean last;
        synchronized (lock) {
            last = load.leave();
        }
        ByteBuffer buffer = load.buffer;
        if (last && buffer != null) {
            buffers.give(buffer);
        }
    }

    private long word(int slot) {
        return slot == KeyTable.NONE ? MISS : generations.word(slot);
    }

    /** Forgets a chunk whose slot can't be read. The slot stays queued, and is written anew when its turn comes. */
    private void revoke(long word) {
        synchronized (lock) {
            if (generations.revoke(word)) {
                keys.remove(SlotGenerations.slot(word));
            }
        }
    }

    private void checkRange(int offsetBytes, ByteBuffer dst, int lengthBytes) {
        Objects.checkFromIndexSize(offsetBytes, lengthBytes, chunkSize);
        if (lengthBytes > dst.remaining()) {
            throw new BufferOverflowException();
        }
        if (dst.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
    }
}
