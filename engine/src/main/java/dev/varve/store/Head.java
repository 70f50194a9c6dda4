package dev.varve.store;

import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file {@code HEAD}: a sequence number that the index is known to have reached durably. RocksDB takes a torn last
 * record of its logs for a crash and drops it without a word; an index that opens below this number has lost commits,
 * and that is damage, not a crash.
 *
 * <p>Two slots of 64 bytes are written in turn, after the index is synced and without a sync of their own: what is lost
 * with the power is only a lower bound.
 *
 * <pre>
 *  0  8  magic "VARVHEAD"
 *  8  8  sequence number
 * 16  4  CRC32C of bytes 0 to 15
 * </pre>
 */
final class Head {
    private static final Logger LOG = LoggerFactory.getLogger(Head.class);
    private static final long MAGIC = 0x5641525648454144L;
    private static final int SLOT_BYTES = 64;
    private static final int USED_BYTES = 20;

    private final PositionalFile file;
    private long sequence;
    private int slot;

    Head(PositionalFile file) {
        this.file = file;
    }

    /** Reads both slots; a slot that does not pass its check counts as zero. */
    synchronized long read() throws IOException {
        for (int i = 0; i < 2; i++) {
            ByteBuffer in = ByteBuffer.allocate(USED_BYTES);
            if (file.read(in, (long) i * SLOT_BYTES) < USED_BYTES) {
                continue;
            }
            in.flip();
            long magic = in.getLong();
            long found = in.getLong();
            if (magic == MAGIC && in.getInt() == checksum(found) && found > sequence) {
                sequence = found;
                slot = 1 - i;
            }
        }
        return sequence;
    }

    /** Notes that the index is durable up to a number. Where that can't be written the old bound stays, and holds. */
    synchronized void advance(long durable) {
        if (durable <= sequence) {
            return;
        }
        ByteBuffer out = ByteBuffer.allocate(USED_BYTES);
        out.putLong(MAGIC).putLong(durable).putInt(checksum(durable)).flip();
        try {
            file.write(out, (long) slot * SLOT_BYTES);
            sequence = durable;
            slot = 1 - slot;
        } catch (IOException e) {
            LOG.warn("the durable sequence could not be noted: {}", e.getMessage());
        }
    }

    private static int checksum(long sequence) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(16).putLong(MAGIC).putLong(sequence).flip());
        return (int) crc.getValue();
    }

    void close() throws IOException {
        file.close();
    }
}
