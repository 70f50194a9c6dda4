package dev.varve.cache;

import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/**
 * Slots mapped by the JDK, in segments of 1 GiB because a buffer's index is an int. A JDK unmaps when the buffers are
 * collected.
 */
final class JdkSlots extends FileSlots {
    private static final int SEGMENT_SHIFT = 30;
    private static final int SEGMENT_BYTES = 1 << SEGMENT_SHIFT;

    private final MappedByteBuffer[] segments;

    JdkSlots(PositionalFile file, SlotDirectory directory, long lengthBytes, int chunkSize) throws IOException {
        super(file, directory, chunkSize);
        segments = new MappedByteBuffer[(int) ((lengthBytes + SEGMENT_BYTES - 1) >>> SEGMENT_SHIFT)];
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            for (int i = 0; i < segments.length; i++) {
                long start = (long) i << SEGMENT_SHIFT;
                segments[i] =
                        channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(SEGMENT_BYTES, lengthBytes - start));
            }
        }
    }

    @Override
    void copyMapped(int slot, int offsetBytes, ByteBuffer dst, int dstIndex, int lengthBytes) {
        long start = startBytes(slot);
        MappedByteBuffer segment = segments[(int) (start >>> SEGMENT_SHIFT)];
        dst.put(dstIndex, segment, ((int) start & (SEGMENT_BYTES - 1)) + offsetBytes, lengthBytes);
    }

    @Override
    public String describe() {
        return path() + " mapped by the JDK";
    }
}
