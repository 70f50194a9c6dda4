package dev.varve.store;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The first 64 bytes of a pack. It names the store that wrote it, so that packs of several stores can lie in one object
 * store.
 *
 * <pre>
 *  0  8  magic "VARVPACK"
 *  8  4  version: 1
 * 12  4  pack number
 * 16 16  store id
 * 32  4  CRC32C of bytes 0 to 31
 * 36 28  zeros
 * 64     frames, one after the other, until the end of the file
 * </pre>
 */
final class PackHeader {
    static final int BYTES = 64;

    private static final long MAGIC = 0x564152565041434bL;
    private static final int VERSION = 1;
    private static final int CRC_OFFSET = 32;

    private PackHeader() {}

    static ByteBuffer encode(int number, UUID store) {
        ByteBuffer header = ByteBuffer.allocate(BYTES);
        header.putLong(MAGIC).putInt(VERSION).putInt(number);
        header.putLong(store.getMostSignificantBits()).putLong(store.getLeastSignificantBits());
        header.putInt(checksum(header));
        return header.rewind();
    }

    /** What is wrong with a header, or an empty text. */
    static String problem(ByteBuffer header, int number, UUID store) {
        if (header.remaining() < BYTES) {
            return "header of " + header.remaining() + " bytes";
        }
        if (header.getInt(header.position() + CRC_OFFSET) != checksum(header.slice())) {
            return "the checksum of the header does not match";
        }
        return header.equals(encode(number, store)) ? "" : "the header is another pack's";
    }

    private static int checksum(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.duplicate().position(0).limit(CRC_OFFSET));
        return (int) crc.getValue();
    }
}
