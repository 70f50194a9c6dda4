package dev.varve.bench.index;

import java.nio.ByteBuffer;

/** Keys and values as the chunk index has them, made from a number: domain 4 and SHA-256 32; location 20. */
final class IndexKeys {
    static final int KEY_BYTES = 36;
    static final int VALUE_BYTES = 20;

    private IndexKeys() {}

    static void key(long number, byte[] key) {
        ByteBuffer to = ByteBuffer.wrap(key).putInt(0);
        for (int i = 0; i < 4; i++) {
            to.putLong(mix(number * 4 + i));
        }
    }

    static void value(long number, byte[] value) {
        ByteBuffer.wrap(value)
                .putInt((int) (number >>> 13) + 1)
                .putLong(number % 8192 << 15)
                .putInt(31_000)
                .putInt((int) (number >>> 20));
    }

    /** SplitMix64's finisher: a permutation whose results look random. */
    static long mix(long number) {
        long z = (number + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
