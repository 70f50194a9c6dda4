package dev.varve.cache;

import dev.varve.file.PositionalFile;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import net.openhft.chronicle.bytes.MappedBytesStore;
import net.openhft.chronicle.bytes.MappedFile;
import net.openhft.chronicle.core.Jvm;
import net.openhft.chronicle.core.Memory;
import net.openhft.chronicle.core.OS;
import net.openhft.chronicle.core.io.ReferenceOwner;

/**
 * Slots mapped by Chronicle Bytes, as one region of any length that is unmapped when this object is collected.
 *
 * <p>The region is one chunk of a read-only {@code MappedFile} (a {@code singleMappedBytes} is never unmapped), and is
 * copied from by address, which neither checks which thread it is nor allocates. Chronicle needs {@code sun.nio.ch} and
 * {@code java.lang.reflect} of {@code java.base} opened to it. Whoever wants it quiet sets logger {@code net.openhft} to
 * WARN; it reads a file {@code system.properties} of the working directory if there is one, which {@code
 * -Dsystem.properties} redirects.
 */
final class ChronicleSlots extends FileSlots {
    private static final Cleaner CLEANER = Cleaner.create();

    private final Memory memory;
    private final long address;

    ChronicleSlots(PositionalFile file, SlotDirectory directory, long lengthBytes, int chunkSize) throws IOException {
        super(file, directory, chunkSize);
        memory = OS.memory();
        ReferenceOwner owner = ReferenceOwner.temporary("varve-chunk-cache");
        MappedFile mapped = MappedFile.of(file.path().toFile(), lengthBytes, 0, true);
        MappedBytesStore region;
        try {
            region = mapped.acquireByteStore(owner, 0);
        } catch (Throwable e) {
            mapped.releaseLast();
            throw e;
        }
        address = region.addressForRead(0);
        CLEANER.register(this, unmapping(mapped, region, owner));
    }

    /** Made apart from the object that it must not keep alive. */
    private static Runnable unmapping(MappedFile mapped, MappedBytesStore region, ReferenceOwner owner) {
        return () -> {
            try {
                region.release(owner);
            } finally {
                mapped.releaseLast();
            }
        };
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
        try {
            if (dst.isDirect()) {
                memory.copyMemory(source, Jvm.address(dst) + dstIndex, (long) lengthBytes);
            } else {
                memory.readBytes(source, dst.array(), dst.arrayOffset() + dstIndex, lengthBytes);
            }
        } finally {
            Reference.reachabilityFence(this); // it stays mapped until here
        }
    }

    @Override
    public String describe() {
        return path() + " mapped by Chronicle Bytes";
    }
}
