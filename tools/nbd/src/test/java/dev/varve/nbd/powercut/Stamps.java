package dev.varve.nbd.powercut;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * Content that is told by numbers: a page is its stamp and its place, 0 is a page of zeros. An image's pages are stamped so
 * that a third of its blocks is shared by all images, a third by two that are neighbours, and a third is its own.
 */
final class Stamps {
    static final int PAGE = 4096;
    static final int BLOCK_PAGES = 16;

    /** What a page has that is no stamp's. */
    static final long FOREIGN = -1;

    private static final long OF_IMAGES = 1L << 60;

    private Stamps() {}

    /** The bytes of a page; those of even stamps compress. */
    static byte[] page(long stamp, int page) {
        ByteBuffer bytes = ByteBuffer.allocate(PAGE);
        if (stamp != 0) {
            bytes.putLong(stamp);
            Random random = new Random(stamp * 1_000_003 + page);
            long value = random.nextLong();
            for (int i = 1; bytes.hasRemaining(); i++) {
                value = stamp % 2 == 0 && i % 8 != 0 ? value : random.nextLong();
                bytes.putLong(value);
            }
        }
        return bytes.array();
    }

    /** Pages one after the other. */
    static byte[] bytes(long[] stamps) {
        ByteBuffer bytes = ByteBuffer.allocate(stamps.length * PAGE);
        for (int i = 0; i < stamps.length; i++) {
            bytes.put(page(stamps[i], i));
        }
        return bytes.array();
    }

    /** Which stamp each page has, looked at to the last byte. */
    static long[] of(byte[] bytes) {
        long[] stamps = new long[bytes.length / PAGE];
        for (int i = 0; i < stamps.length; i++) {
            long stamp = ByteBuffer.wrap(bytes).getLong(i * PAGE);
            boolean isWhole = Arrays.equals(page(stamp, i), 0, PAGE, bytes, i * PAGE, (i + 1) * PAGE);
            stamps[i] = isWhole ? stamp : FOREIGN;
        }
        return stamps;
    }

    static long[] ofImage(long number, int blocks) {
        long[] stamps = new long[blocks * BLOCK_PAGES];
        for (int i = 0; i < blocks; i++) {
            long owner = switch (i % 3) {
                case 0 -> 0;
                case 1 -> 1 + number / 2;
                default -> 1000 + number;
            };
            long stamp = i % 7 == 3 ? 0 : OF_IMAGES + owner * 64 + i;
            Arrays.fill(stamps, i * BLOCK_PAGES, (i + 1) * BLOCK_PAGES, stamp);
        }
        return stamps;
    }
}
