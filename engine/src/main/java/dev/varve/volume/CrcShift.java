package dev.varve.volume;

/**
 * What zeros do to a CRC32C that stands in front of them, a linear map over bits. The CRC of two parts, one behind the other, is
 * that of the first with as many zeros behind it as the second has bytes, xor that of the second.
 */
final class CrcShift {
    /** Castagnoli's polynomial, lowest power in the highest bit. */
    private static final int POLYNOMIAL = 0x82F63B78;

    private static final int BYTE_SHIFT = 3;

    /** What becomes of each bit. */
    private final int[] columns;

    private CrcShift(int[] columns) {
        this.columns = columns;
    }

    /** For 2 to the power of {@code shift} bytes. */
    static CrcShift bytes(int shift) {
        int[] oneBit = new int[Integer.SIZE];
        oneBit[0] = POLYNOMIAL;
        for (int i = 1; i < Integer.SIZE; i++) {
            oneBit[i] = 1 << (i - 1);
        }
        CrcShift all = new CrcShift(oneBit);
        for (int i = 0; i < shift + BYTE_SHIFT; i++) {
            all = all.twice();
        }
        return all;
    }

    private CrcShift twice() {
        int[] twice = new int[Integer.SIZE];
        for (int i = 0; i < Integer.SIZE; i++) {
            twice[i] = apply(columns[i]);
        }
        return new CrcShift(twice);
    }

    int apply(int crc) {
        int sum = 0;
        for (int i = 0; i < Integer.SIZE; i++) {
            sum ^= columns[i] & -(crc >>> i & 1);
        }
        return sum;
    }
}
