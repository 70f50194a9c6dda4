package dev.varve.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Writes a stream: zeros are written as they are. */
final class StreamSink implements BlockSink {
    private final WritableByteChannel stream;
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(64 << 10);

    StreamSink(WritableByteChannel stream) {
        this.stream = stream;
    }

    @Override
    public boolean isOrdered() {
        return true;
    }

    @Override
    public void write(ByteBuffer data, long offsetBytes) throws IOException {
        while (data.hasRemaining()) {
            stream.write(data);
        }
    }

    @Override
    public void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
        for (long left = lengthBytes; left > 0; ) {
            int length = (int) Math.min(left, zeros.capacity());
            write(zeros.clear().limit(length), offsetBytes + lengthBytes - left);
            left -= length;
        }
    }
}
