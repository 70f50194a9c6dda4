package dev.varve.store;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Changes to the index that are applied together, see {@link RocksIndex#write}. For one thread. */
final class IndexBatch implements AutoCloseable {
    private static final byte[] NOTHING = new byte[0];

    private final WriteBatch changes = new WriteBatch();
    private final RocksIndex index;
    private final ColumnFamilyHandle records;
    private final ColumnFamilyHandle chunks;
    private final ColumnFamilyHandle nodes;
    private final ColumnFamilyHandle leases;

    IndexBatch(
            RocksIndex index,
            ColumnFamilyHandle records,
            ColumnFamilyHandle chunks,
            ColumnFamilyHandle nodes,
            ColumnFamilyHandle leases) {
        this.index = index;
        this.records = records;
        this.chunks = chunks;
        this.nodes = nodes;
        this.leases = leases;
    }

    WriteBatch changes() {
        return changes;
    }

    IndexBatch records(Map<String, byte[]> puts, Set<String> deletes) throws IOException {
        for (Map.Entry<String, byte[]> put : puts.entrySet()) {
            RecordKeys.check(put.getKey());
            put(records, RocksIndex.recordKey(put.getKey()), put.getValue());
        }
        for (String delete : deletes) {
            delete(records, RocksIndex.recordKey(delete));
        }
        return this;
    }

    IndexBatch chunk(ChunkKey key, Location location) throws IOException {
        return put(chunks, RocksIndex.chunkKey(key), location.toBytes());
    }

    IndexBatch deleteChunk(ChunkKey key) throws IOException {
        return delete(chunks, RocksIndex.chunkKey(key));
    }

    /** A node that a lease puts, and the lease's note of it; lease 0 settles a node, a negative one condemns it. */
    IndexBatch node(ChunkId id, byte[] node, long lease) throws IOException {
        byte[] value = ByteBuffer.allocate(Long.BYTES + node.length)
                .putLong(lease)
                .put(node)
                .array();
        put(nodes, id.toBytes(), value);
        return lease <= 0 ? this : put(leases, leaseNodeKey(lease, id), NOTHING);
    }

    IndexBatch deleteNode(ChunkId id) throws IOException {
        return delete(nodes, id.toBytes());
    }

    IndexBatch pack(PackState pack) throws IOException {
        return put(records, packKey(pack.number()), pack.toBytes());
    }

    IndexBatch deletePack(int number) throws IOException {
        return delete(records, packKey(number));
    }

    IndexBatch lease(LeaseRecord lease) throws IOException {
        lastLease(lease.number());
        return put(leases, RocksIndex.longKey(lease.number()), lease.toBytes());
    }

    IndexBatch lastLease(long number) throws IOException {
        return put(records, RocksIndex.LAST_LEASE, RocksIndex.longKey(number));
    }

    /** A record, by its key as it stands in the table. */
    IndexBatch storedRecord(byte[] key, byte[] value) throws IOException {
        return put(records, key, value);
    }

    /** Ends a lease: what it put is settled from here on, unless it is deleted in the same batch. */
    IndexBatch endLease(long lease) throws IOException {
        return change(() -> changes.deleteRange(leases, RocksIndex.longKey(lease), RocksIndex.longKey(lease + 1)));
    }

    private static byte[] packKey(int number) {
        return RocksIndex.metaKey(String.format("pack/%08x", number));
    }

    private static byte[] leaseNodeKey(long lease, ChunkId id) {
        byte[] key = new byte[Long.BYTES + ChunkId.BYTES];
        ByteBuffer.wrap(key).putLong(lease);
        id.write(key, Long.BYTES);
        return key;
    }

    private IndexBatch put(ColumnFamilyHandle table, byte[] key, byte[] value) throws IOException {
        return change(() -> changes.put(table, key, value));
    }

    private IndexBatch delete(ColumnFamilyHandle table, byte[] key) throws IOException {
        return change(() -> changes.delete(table, key));
    }

    private interface Call {
        void run() throws RocksDBException;
    }

    /** Native code looks into the table's handle, so the database has to be open. */
    private IndexBatch change(Call body) throws IOException {
        index.enter();
        try {
            body.run();
            return this;
        } catch (RocksDBException e) {
            throw new IOException(e);
        } finally {
            index.leave();
        }
    }

    @Override
    public void close() {
        changes.close();
    }
}
