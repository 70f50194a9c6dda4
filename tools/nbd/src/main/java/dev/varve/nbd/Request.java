package dev.varve.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The header of a request.
 *
 * <pre>
 *  0  magic 0x25609513   4  flags 2   6  type 2   8  cookie 8   16  offset 8   24  length 4     (28 bytes)
 * </pre>
 *
 * @param flags of the command
 * @param type which command
 * @param cookie the client's own name of the request, told back in the reply
 * @param offsetBytes an unsigned number; a negative one is past every end
 * @param lengthBytes at most 2^32 - 1
 */
record Request(int flags, int type, long cookie, long offsetBytes, long lengthBytes) {
    static Request at(ByteBuffer src, int at) throws IOException {
        int magic = src.getInt(at);
        if (magic != Protocol.REQUEST_MAGIC) {
            throw new IOException("no request, but 0x" + Integer.toHexString(magic));
        }
        return new Request(
                Short.toUnsignedInt(src.getShort(at + 4)),
                Short.toUnsignedInt(src.getShort(at + 6)),
                src.getLong(at + 8),
                src.getLong(at + 16),
                Integer.toUnsignedLong(src.getInt(at + 24)));
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** Bytes that follow the header. */
    long payloadBytes() {
        return type == Protocol.CMD_WRITE ? lengthBytes : 0;
    }

    /** Whether all of the range is inside a disk. */
    boolean isInside(long sizeBytes) {
        return offsetBytes >= 0 && offsetBytes <= sizeBytes && lengthBytes <= sizeBytes - offsetBytes;
    }
}
