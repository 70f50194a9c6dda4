package dev.varve.store;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads what is left of an index, which stays as it is: records and nodes, from block to block, past those that can't be read.
 *
 * <p>A block that can't be read hides whatever lies between its keys. What other layers have there is read one by one, and
 * counts if nothing that can't be read may lie over it: so newer entries are found beside older blocks that are damaged.
 *
 * <p>Where reading ends too early the next key that can be read is looked for: keys are taken for numbers, and tried at
 * distances that grow, then halved. Entries between two damaged blocks that lie close to each other may be passed over by that.
 */
final class IndexSalvage implements AutoCloseable {
    /** So much is read at a time, and one entry more. */
    private static final int RUN_BYTES = 1 << 20;

    /** Keys of records differ in so many bytes; where they have more, all that begin with the same are one to a search. */
    private static final int RECORD_KEY_BYTES = 128;

    /** Names of nodes are hashes: they differ here already. */
    private static final int NODE_KEY_BYTES = 12;

    /** How much farther the next key is that is tried, as a power of two. */
    private static final int STRIDE_BITS = 4;

    private final RocksIndex index;
    private final SalvagedTable records;
    private final SalvagedTable nodes;

    private IndexSalvage(RocksIndex index) {
        this.index = index;
        records = index.salvagedRecords();
        nodes = index.salvagedNodes();
    }

    /**
     * Opens an index.
     *
     * @throws IOException when nothing of it can be told: its logs or its manifest are damaged
     */
    static IndexSalvage open(FileIo io, Path directory) throws IOException {
        boolean hasWholeLogs = RocksLogs.check(io, directory);
        try {
            return new IndexSalvage(RocksIndex.openToRead(directory, false));
        } catch (StoreCorruptException e) {
            if (!hasWholeLogs) {
                throw e; // what follows a damaged record must not count
            }
            try {
                return new IndexSalvage(RocksIndex.openToRead(directory, true));
            } catch (IOException f) {
                e.addSuppressed(f);
                throw e;
            }
        }
    }

    /** Is told what a table holds. */
    interface Visitor {
        /** An entry as it stands now; one that lies in a gap may be told twice. */
        void entry(byte[] key, byte[] value) throws IOException;

        /**
         * Something between two keys can't be read, if anything is there; what can be has been told.
         *
         * @param after the key before; null when there is none
         * @param before the key behind; null when there is none
         */
        void gap(byte @Nullable [] after, byte @Nullable [] before) throws IOException;
    }

    /** How far the index comes. */
    long sequence() throws IOException {
        return index.sequence();
    }

    /** Visits the table of records, which has a few other things in it, between two keys; null is no bound. */
    void records(byte @Nullable [] after, byte @Nullable [] before, Visitor visitor) throws IOException {
        visit(records, RECORD_KEY_BYTES, after, before, visitor);
    }

    /** Visits all nodes, with their leases in front. */
    void nodes(Visitor visitor) throws IOException {
        visit(nodes, NODE_KEY_BYTES, null, null, visitor);
    }

    /** Whether it can't be told what stands under a key of the table of records. */
    boolean hasLost(byte[] key) {
        try {
            byte[] unused = records.get(key);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void visit(
            SalvagedTable table, int keyBytes, byte @Nullable [] after, byte @Nullable [] before, Visitor visitor)
            throws IOException {
        visit(table::whole, keyBytes, after, before, new Visitor() {
            @Override
            public void entry(byte[] key, byte[] value) throws IOException {
                visitor.entry(key, value);
            }

            @Override
            public void gap(byte @Nullable [] from, byte @Nullable [] to) throws IOException {
                for (SalvagedTable.Layer layer : table.layers()) {
                    visit(layer, keyBytes, from, to, new Current(table, visitor));
                }
                visitor.gap(from, to);
            }
        });
    }

    /** Tells of what a layer has, what stands there now, where that can be told. */
    private record Current(SalvagedTable table, Visitor visitor) implements Visitor {
        @Override
        public void entry(byte[] key, byte[] value) throws IOException {
            byte[] now = null;
            try {
                now = table.get(key);
            } catch (IOException e) {
                // something that may lie over it can't be read
            }
            if (now != null) {
                visitor.entry(key, now);
            }
        }

        @Override
        public void gap(byte @Nullable [] after, byte @Nullable [] before) {
            // it is one already
        }
    }

    private static void visit(
            SalvagedTable.Layer table, int keyBytes, byte @Nullable [] after, byte @Nullable [] before, Visitor visitor)
            throws IOException {
        byte[] last = after;
        boolean isGap = false;
        for (byte[] at = behind(last); at != null; ) {
            SalvagedTable.Run run = table.read(at, RUN_BYTES);
            for (Map.Entry<byte[], byte[]> entry : run.entries()) {
                byte[] key = entry.getKey();
                if (before != null && Arrays.compareUnsigned(key, before) >= 0) {
                    if (isGap) {
                        visitor.gap(last, before);
                    }
                    return;
                }
                if (isGap) {
                    visitor.gap(last, key);
                    isGap = false;
                }
                visitor.entry(key, entry.getValue());
                last = key;
            }
            if (run.problem() != null) {
                isGap = true;
                at = readable(table, keyBytes, run.entries().isEmpty() ? at : behind(last));
            } else {
                at = run.isEnd() ? null : behind(last);
            }
        }
        if (isGap) {
            visitor.gap(last, before);
        }
    }

    /** The next key there can be. */
    private static byte[] behind(byte @Nullable [] key) {
        return key == null ? new byte[0] : Arrays.copyOf(key, key.length + 1);
    }

    /** A key behind one that can't be read, from which on can; null when there is none. */
    private static byte @Nullable [] readable(SalvagedTable.Layer table, int keyBytes, byte[] from) {
        BigInteger last = BigInteger.ONE.shiftLeft(keyBytes * Byte.SIZE).subtract(BigInteger.ONE);
        BigInteger start = new BigInteger(1, Arrays.copyOf(from, keyBytes));
        BigInteger bad = start;
        BigInteger good = start;
        for (int bits = 0; good.equals(bad); bits += STRIDE_BITS) {
            BigInteger next = start.add(BigInteger.ONE.shiftLeft(bits)).min(last);
            if (next.equals(bad)) {
                return null; // up to the end
            }
            good = next;
            bad = isReadable(table, key(next, keyBytes)) ? bad : next;
        }
        while (good.subtract(bad).bitLength() > 1) {
            BigInteger middle = bad.add(good).shiftRight(1);
            if (isReadable(table, key(middle, keyBytes))) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        return key(good, keyBytes);
    }

    private static boolean isReadable(SalvagedTable.Layer table, byte[] from) {
        return table.read(from, 1).problem() == null;
    }

    private static byte[] key(BigInteger number, int keyBytes) {
        byte[] digits = number.toByteArray(); // the first may be a zero more
        byte[] key = new byte[keyBytes];
        int length = Math.min(digits.length, keyBytes);
        System.arraycopy(digits, digits.length - length, key, keyBytes - length, length);
        return key;
    }

    @Override
    public void close() {
        nodes.close();
        records.close();
        index.close();
    }
}
