package dev.varve.cache;

import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import net.openhft.chronicle.bytes.MappedBytesStore;
import net.openhft.chronicle.bytes.MappedFile;
import net.openhft.chronicle.core.Jvm;
import net.openhft.chronicle.core.Memory;
import net.openhft.chronicle.core.OS;
import net.openhft.chronicle.core.io.ReferenceOwner;

/**
 * Slots mapped by Chronicle Bytes, as one region of any length that is unmapped on close.
 *
 * <p>The region is one chunk of a read-only {@code MappedFile} (a {@code singleMappedBytes} is never unmapped), and is
 * copied from by address, which neither checks which thread it is nor allocates. Chronicle needs {@code sun.nio.ch} and
 * {@code java.lang.reflect} of {@code java.base} opened to it. Whoever wants it quiet sets logger {@code net.openhft} to
 * WARN; it reads a file {@code system.properties} of the working directory if there is one, which {@code
 * -Dsystem.properties} redirects.
 */
final class ChronicleSlots extends FileSlots {
    private final ReferenceOwner owner = ReferenceOwner.temporary("varve-chunk-cache");
    private final MappedFile mapped;
    private final MappedBytesStore region;
    private final Memory memory;
    private final long address;

    ChronicleSlots(PositionalFile file, long lengthBytes, int chunkSize) throws IOException {
        super(file, chunkSize);
        memory = OS.memory();
        mapped = MappedFile.of(file.path().toFile(), lengthBytes, 0, true);
        try {
            region = mapped.acquireByteStore(owner, 0);
        } catch (Throwable e) {
            mapped.releaseLast();
            throw e;
        }
        address = region.addressForRead(0);
    }

    /** Whether the JVM was started with the packages open that Chronicle maps with. */
    static boolean hasItsFlags() {
        Module base = Object.class.getModule();
        Module chronicle = ChronicleSlots.class.getModule();
        return base.isOpen("sun.nio.ch", chronicle) && base.isOpen("java.lang.reflect", chronicle);
    }

    @Override
    void copyMapped(int slot, int offsetBytes, ByteBuffer dst, int dstIndex, int lengthBytes) {
        long source = address + startBytes(slot) + offsetBytes;
        if (dst.isDirect()) {
            memory.copyMemory(source, Jvm.address(dst) + dstIndex, (long) lengthBytes);
        } else {
            memory.readBytes(source, dst.array(), dst.arrayOffset() + dstIndex, lengthBytes);
        }
    }

    @Override
    public String describe() {
        return path() + " mapped by Chronicle Bytes";
    }

    @Override
    void unmap() {
        try {
            region.release(owner);
        } finally {
            mapped.releaseLast();
        }
    }
}
