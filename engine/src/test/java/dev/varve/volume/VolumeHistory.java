package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What was done to a volume, step by step as it enters the log, and the states it went through: after a crash it has to be
 * in one of them, not before the last flush.
 */
final class VolumeHistory {
    private static final int LARGEST_RECORD = RecordHeader.MAX_DATA_PAGES * Pages.BYTES;

    private final Random random;
    private byte[] model;

    /** Hashes of the states since the last flush, the state at that flush first. */
    private final List<byte[]> states = new ArrayList<>();

    VolumeHistory(long seed, int sizeBytes) {
        random = new Random(seed);
        model = new byte[sizeBytes];
        states.add(model.clone());
    }

    /** One operation; throws what the device throws. What it may have done by then is part of the history. */
    void step(BlockDevice device) throws IOException {
        int offset = random.nextInt(model.length);
        offset = random.nextInt(3) == 0 ? offset : offset & -Pages.BYTES;
        int length = Math.min(model.length - offset, 1 + random.nextInt(1 << (9 + random.nextInt(9))));
        length = random.nextInt(3) == 0 ? length : Math.max(512, length & -512);
        length = Math.min(length, model.length - offset);
        int kind = random.nextInt(10);
        if (kind == 0) {
            flush(device);
        } else if (kind < 3) {
            zero(offset, length);
            device.writeZeroes(offset, length);
        } else {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            write(offset, bytes);
            device.write(ByteBuffer.wrap(bytes), offset);
        }
    }

    void flush(BlockDevice device) throws IOException {
        device.flush();
        byte[] last = states.get(states.size() - 1);
        states.clear();
        states.add(last);
    }

    private void write(int offset, byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            int inPage = (offset + at) & Pages.MASK;
            int left = bytes.length - at;
            int length = inPage != 0 || left < Pages.BYTES
                    ? Math.min(Pages.BYTES - inPage, left)
                    : Math.min(left & ~Pages.MASK, LARGEST_RECORD);
            System.arraycopy(bytes, at, model, offset + at, length);
            states.add(model.clone());
            at += length;
        }
    }

    private void zero(int offset, int length) {
        int end = offset + length;
        int firstPage = (offset + Pages.MASK) & ~Pages.MASK;
        int endPage = end & ~Pages.MASK;
        int[] cuts = firstPage > endPage ? new int[] {offset, end} : new int[] {offset, firstPage, endPage, end};
        for (int i = 0; i + 1 < cuts.length; i++) {
            if (cuts[i] < cuts[i + 1]) {
                Arrays.fill(model, cuts[i], cuts[i + 1], (byte) 0);
                states.add(model.clone());
            }
        }
    }

    /** Finds the state that the device came back in, and goes on from there. */
    void recovered(BlockDevice device, String what) throws IOException {
        byte[] found = new byte[model.length];
        device.read(ByteBuffer.wrap(found), 0);
        for (int i = states.size() - 1; i >= 0; i--) {
            if (Arrays.equals(states.get(i), found)) {
                model = found;
                states.clear();
                states.add(found.clone());
                return;
            }
        }
        assertThat(false)
                .as(
                        "%s: no state since the last flush; first difference from the flushed one at %s, from the last at %s",
                        what, Arrays.mismatch(states.get(0), found), Arrays.mismatch(model, found))
                .isTrue();
    }
}
