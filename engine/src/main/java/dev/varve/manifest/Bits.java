package dev.varve.manifest;

/** Which of a node's 512 children are present. Not thread-safe while it changes. */
final class Bits {
    /** Length of the encoded form: child {@code i} is bit {@code i % 8}, lowest first, of byte {@code i / 8}. */
    static final int BYTES = Radix.FANOUT / 8;

    private static final int WORDS = Radix.FANOUT / Long.SIZE;

    private final long[] words = new long[WORDS];

    /** Reads the encoded form. */
    static Bits decode(byte[] bytes, int offset) {
        Bits bits = new Bits();
        for (int i = 0; i < BYTES; i++) {
            bits.words[i >>> 3] |= (bytes[offset + i] & 0xFFL) << ((i & 7) << 3);
        }
        return bits;
    }

    /** Writes the encoded form. */
    void encode(byte[] bytes, int offset) {
        for (int i = 0; i < BYTES; i++) {
            bytes[offset + i] = (byte) (words[i >>> 3] >>> ((i & 7) << 3));
        }
    }

    boolean get(int i) {
        return (words[i >>> 6] & 1L << i) != 0;
    }

    void set(int i) {
        words[i >>> 6] |= 1L << i;
    }

    void clear(int i) {
        words[i >>> 6] &= ~(1L << i);
    }

    /** How many are present. */
    int count() {
        return rank(Radix.FANOUT);
    }

    /** How many are present below {@code i}, which may be 512. */
    int rank(int i) {
        int rank = 0;
        for (int word = 0; word < i >>> 6; word++) {
            rank += Long.bitCount(words[word]);
        }
        return (i & 63) == 0 ? rank : rank + Long.bitCount(words[i >>> 6] & ((1L << i) - 1));
    }

    /** The first present one from {@code i} (0 to 512) on; 512 when there is none. */
    int next(int i) {
        return scan(i, 0);
    }

    /** The first absent one from {@code i} (0 to 512) on; 512 when there is none. */
    int nextAbsent(int i) {
        return scan(i, -1L);
    }

    private int scan(int i, long flip) {
        long mask = -1L << i;
        for (int word = i >>> 6; word < WORDS; word++) {
            long found = (words[word] ^ flip) & mask;
            if (found != 0) {
                return (word << 6) + Long.numberOfTrailingZeros(found);
            }
            mask = -1L;
        }
        return Radix.FANOUT;
    }

    /** The last present one; -1 when there is none. */
    int highest() {
        for (int word = WORDS - 1; word >= 0; word--) {
            if (words[word] != 0) {
                return (word << 6) + 63 - Long.numberOfLeadingZeros(words[word]);
            }
        }
        return -1;
    }
}
