package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a disk in the order in which they are first read, for those who boot from the same content later. Of the
 * first 64 GiB, at most {@value #MOST_CHUNKS} chunks and {@value #WINDOW_MINUTES} minutes: what comes later is not the boot.
 *
 * <p>As a record, big-endian:
 *
 * <pre>
 *  0  4  magic "VTCH"
 *  4  4  count
 *  8 32  each: id of a chunk of the plain domain
 *     4  CRC32C of all before
 * </pre>
 */
final class FirstTouches {
    /** The most chunks of an order: 1 GiB of 64 KiB each, 512 KiB of record. */
    static final int MOST_CHUNKS = 16_384;

    private static final int PIECE_BLOCKS = 1 << 13;
    private static final int WINDOW_MINUTES = 3;
    private static final long MOST_BYTES = 64L << 30;
    private static final int MAGIC = 0x56544348;
    private static final int HEAD_BYTES = 8;

    private final String lineage;
    private final long endNanos = System.nanoTime() + TimeUnit.MINUTES.toNanos(WINDOW_MINUTES);
    private final long blockCount;

    /** A bit a block, in pieces that are made when they are needed. */
    private final AtomicReferenceArray<@Nullable AtomicLongArray> touched;

    @GuardedBy("this")
    private final List<ChunkId> order = new ArrayList<>();

    private volatile boolean full;

    /**
     * Of a disk that is opened now.
     *
     * @param lineage of the snapshot it was made from
     */
    FirstTouches(String lineage, int chunkSizeBytes, long blockCount) {
        this.lineage = lineage;
        this.blockCount = Math.min(blockCount, MOST_BYTES / chunkSizeBytes);
        touched = new AtomicReferenceArray<>((int) ((this.blockCount + PIECE_BLOCKS - 1) / PIECE_BLOCKS));
    }

    String lineage() {
        return lineage;
    }

    /** Whether a block is read for the first time. */
    boolean isFirst(long block) {
        if (block >= blockCount || full) {
            return false;
        }
        AtomicLongArray piece = piece((int) (block / PIECE_BLOCKS));
        int word = (int) (block % PIECE_BLOCKS / Long.SIZE);
        long bit = 1L << block;
        return (piece.getPlain(word) & bit) == 0
                && (piece.getAndAccumulate(word, bit, (before, more) -> before | more) & bit) == 0;
    }

    private AtomicLongArray piece(int i) {
        AtomicLongArray present = touched.get(i);
        if (present != null) {
            return present;
        }
        AtomicLongArray made = new AtomicLongArray(PIECE_BLOCKS / Long.SIZE);
        AtomicLongArray others = touched.compareAndExchange(i, null, made);
        return others == null ? made : others;
    }

    /** Notes the chunk of a block that was read for the first time. */
    synchronized void add(ChunkId id) {
        if (!full && order.size() < MOST_CHUNKS) {
            order.add(id);
        } else {
            full = true;
        }
    }

    /** Has nothing more noted. */
    void end() {
        full = true;
    }

    /** Whether nothing is noted any more. */
    boolean isOver() {
        return full || System.nanoTime() - endNanos >= 0;
    }

    synchronized int count() {
        return order.size();
    }

    /** The order as a record; null when there is none. */
    synchronized byte @Nullable [] encode() {
        if (order.isEmpty()) {
            return null;
        }
        ByteBuffer out = ByteBuffer.allocate(HEAD_BYTES + order.size() * ChunkId.BYTES + Integer.BYTES);
        out.putInt(MAGIC).putInt(order.size());
        order.forEach(id -> id.write(out));
        return out.putInt(checksum(out.array())).array();
    }

    /** Reads a record; null when it is not one, or has rotted. */
    static @Nullable List<ChunkKey> decode(byte[] record) {
        ByteBuffer in = ByteBuffer.wrap(record);
        if (record.length < HEAD_BYTES + Integer.BYTES || in.getInt() != MAGIC) {
            return null;
        }
        int count = in.getInt();
        if (count < 0
                || count > MOST_CHUNKS
                || record.length != HEAD_BYTES + count * ChunkId.BYTES + Integer.BYTES
                || in.getInt(record.length - Integer.BYTES) != checksum(record)) {
            return null;
        }
        List<ChunkKey> keys = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            keys.add(ChunkKey.plain(ChunkId.read(in)));
        }
        return keys;
    }

    private static int checksum(byte[] record) {
        CRC32C crc = new CRC32C();
        crc.update(record, 0, record.length - Integer.BYTES);
        return (int) crc.getValue();
    }
}
