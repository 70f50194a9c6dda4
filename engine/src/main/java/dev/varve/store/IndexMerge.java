package dev.varve.store;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes records and nodes of one or two indexes into a new one: records of the first, and what lies in its gaps of the
 * second; nodes of both, each proved by its hash.
 */
final class IndexMerge {
    private static final int BATCH_BYTES = 1 << 20;
    private static final byte[] FIRST_RECORD = RocksIndex.recordKey("");

    private final RocksIndex made;
    private final IndexSalvage first;
    private final @Nullable IndexSalvage second;
    private final ChunkHasher hasher = new ChunkHasher();
    private IndexBatch batch;
    private int batchBytes;
    private long lastLease;
    private int gaps;
    private int recordGaps;
    private int openGaps;
    private long filledRecords;
    private long filledNodes;

    IndexMerge(RocksIndex made, IndexSalvage first, @Nullable IndexSalvage second) {
        this.made = made;
        this.first = first;
        this.second = second;
        batch = made.batch();
    }

    /** Merges; to be called once. */
    void run() throws IOException {
        try {
            first.records(null, null, new Records());
            first.nodes(new Nodes());
            IndexSalvage other = second;
            if (other != null) {
                write();
                other.nodes(new MoreNodes());
                other.records(null, FIRST_RECORD, new Numbers());
            }
            write();
        } finally {
            batch.close();
        }
    }

    /** Parts of the first index that could not be read. */
    int gaps() {
        return gaps;
    }

    /** Parts of its records that could not. */
    int recordGaps() {
        return recordGaps;
    }

    /** Parts of its records that could be read in neither. */
    int openGaps() {
        return openGaps;
    }

    /** The highest number of a lease that anything of them knows. */
    long lastLease() {
        return lastLease;
    }

    long filledRecords() {
        return filledRecords;
    }

    long filledNodes() {
        return filledNodes;
    }

    private void write() throws IOException {
        made.write(batch, false);
        batch.close();
        batch = made.batch();
        batchBytes = 0;
    }

    private void added(int bytes) throws IOException {
        batchBytes += bytes;
        if (batchBytes >= BATCH_BYTES) {
            write();
        }
    }

    /** Puts what is a record, and says whether it is; the number of leases is noted, and what is told of packs is told by them. */
    private boolean put(byte[] key, byte[] value) throws IOException {
        if (Arrays.equals(key, RocksIndex.LAST_LEASE) && value.length == Long.BYTES) {
            lastLease = Math.max(lastLease, ByteBuffer.wrap(value).getLong());
        }
        if (Arrays.compareUnsigned(key, FIRST_RECORD) < 0) {
            return false;
        }
        batch.storedRecord(key, value);
        added(key.length + value.length);
        return true;
    }

    /** Whether records may lie before a key; null is the end of all. */
    private static boolean mayHideRecords(byte @Nullable [] before) {
        return before == null || Arrays.compareUnsigned(before, FIRST_RECORD) >= 0;
    }

    private final class Records implements IndexSalvage.Visitor {
        @Override
        public void entry(byte[] key, byte[] value) throws IOException {
            put(key, value);
        }

        @Override
        public void gap(byte @Nullable [] after, byte @Nullable [] before) throws IOException {
            gaps++;
            recordGaps += mayHideRecords(before) ? 1 : 0;
            IndexSalvage other = second;
            if (other != null) {
                other.records(after, before, new Filling());
            } else {
                openGaps += mayHideRecords(before) ? 1 : 0;
            }
        }
    }

    private final class Filling implements IndexSalvage.Visitor {
        @Override
        public void entry(byte[] key, byte[] value) throws IOException {
            if (first.hasLost(key) && put(key, value)) {
                filledRecords++;
            }
        }

        @Override
        public void gap(byte @Nullable [] after, byte @Nullable [] before) {
            openGaps += mayHideRecords(before) ? 1 : 0;
        }
    }

    /** What the second knows besides records: the number of leases. */
    private final class Numbers implements IndexSalvage.Visitor {
        @Override
        public void entry(byte[] key, byte[] value) throws IOException {
            put(key, value);
        }

        @Override
        public void gap(byte @Nullable [] after, byte @Nullable [] before) {
            // it may know less
        }
    }

    private class Nodes implements IndexSalvage.Visitor {
        @Override
        public void entry(byte[] key, byte[] value) throws IOException {
            if (key.length != ChunkId.BYTES || value.length <= Long.BYTES) {
                return;
            }
            ChunkId id = ChunkId.of(key, 0);
            byte[] node = Arrays.copyOfRange(value, Long.BYTES, value.length);
            if (hasher.hash(ByteBuffer.wrap(node)).equals(id)) {
                lastLease = Math.max(lastLease, ByteBuffer.wrap(value).getLong());
                node(id, node);
            }
        }

        void node(ChunkId id, byte[] node) throws IOException {
            batch.node(id, node, 0);
            added(ChunkId.BYTES + node.length);
        }

        @Override
        public void gap(byte @Nullable [] after, byte @Nullable [] before) {
            gaps++;
        }
    }

    private final class MoreNodes extends Nodes {
        @Override
        void node(ChunkId id, byte[] node) throws IOException {
            if (made.node(id) == null) {
                super.node(id, node);
                filledNodes++;
            }
        }

        @Override
        public void gap(byte @Nullable [] after, byte @Nullable [] before) {
            // what the first has is there
        }
    }
}
