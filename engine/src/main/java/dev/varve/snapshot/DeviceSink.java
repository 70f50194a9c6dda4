package dev.varve.snapshot;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Writes to a device, at any place and from many threads.
 *
 * @param device to be written
 * @param isBlank whether it reads as zeros where it was not written
 */
record DeviceSink(BlockDevice device, boolean isBlank) implements BlockSink {
    @Override
    public void write(ByteBuffer data, long offsetBytes) throws IOException {
        device.write(data, offsetBytes);
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
        if (!isBlank) {
            device.writeZeroes(offsetBytes, lengthBytes);
        }
    }
}
