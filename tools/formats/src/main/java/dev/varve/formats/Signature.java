package dev.varve.formats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What gives a file away that is not a raw disk: the first bytes, or the last 512, of other image formats and of
 * compressed files. Boot sectors, file systems and LUKS headers are contents of raw disks and stand in no row.
 */
public enum Signature {
    /** QEMU copy-on-write, versions 1 to 3. */
    QCOW("a qcow2 image", Advice.CONVERT, head(0, "QFI\u00fb")),
    /** QEMU enhanced disk. */
    QED("a QED image", Advice.CONVERT, head(0, "QED\0")),
    /** VMware: sparse extent, ESX sparse extent, or the text that describes a disk of several files. */
    VMDK("a VMDK image", Advice.CONVERT, head(0, "KDMV"), head(0, "COWD"), head(0, "# Disk DescriptorFile")),
    /** Virtual PC: dynamic disks begin with a copy of the footer that ends every one. */
    VHD("a VHD image", Advice.CONVERT, head(0, "conectix"), tail(0, "conectix")),
    /** Hyper-V. */
    VHDX("a VHDX image", Advice.CONVERT, head(0, "vhdxfile")),
    /** VirtualBox: a text, then this number. */
    VDI("a VDI image", Advice.CONVERT, head(0x40, "\u007f\u0010\u00da\u00be")),
    /** Parallels, older and newer. */
    PARALLELS("a Parallels image", Advice.CONVERT, head(0, "WithoutFreeSpace"), head(0, "WithouFreSpacExt")),
    /** Apple disk image: a trailer. */
    DMG("an Apple disk image", Advice.CONVERT, tail(0, "koly")),
    /** A tar archive: an OVA is one. */
    TAR("a tar archive (an OVA is one)", Advice.UNPACK, head(257, "ustar")),
    /** A zip archive. */
    ZIP("a zip archive", Advice.UNPACK, head(0, "PK\u0003\u0004")),
    /** A 7-Zip archive. */
    SEVEN_ZIP("a 7z archive", Advice.UNPACK, head(0, "7z\u00bc\u00af'\u001c")),
    /** gzip, RFC 1952, with the only method there is. */
    GZIP("compressed with gzip", Advice.decompress("gzip"), head(0, "\u001f\u008b\u0008")),
    /** xz. */
    XZ("compressed with xz", Advice.decompress("xz"), head(0, "\u00fd7zXZ\0")),
    /** Zstandard, RFC 8878. */
    ZSTD("compressed with zstd", Advice.decompress("zstd"), head(0, "(\u00b5/\u00fd")),
    /** LZ4 frame. */
    LZ4("compressed with lz4", Advice.decompress("lz4"), head(0, "\u0004\"M\u0018")),
    /** bzip2: the first block's number, after three letters and the block size. */
    BZIP2("compressed with bzip2", Advice.decompress("bzip2"), head(4, "1AY&SY"));

    /** Bytes that {@link #of(byte[], byte[])} looks at, at each end. */
    public static final int SECTOR_BYTES = 512;

    private final String what;
    private final String advice;

    @SuppressWarnings("ImmutableEnumChecker") // List.of is
    private final List<Mark> marks;

    Signature(String what, String advice, Mark... marks) {
        this.what = what;
        this.advice = advice;
        this.marks = List.of(marks);
    }

    /**
     * What a file with this signature is, to follow "it is".
     *
     * @return for example {@code a qcow2 image}
     */
    public String what() {
        return what;
    }

    /**
     * What somebody who took it for a raw disk can do.
     *
     * @return a clause
     */
    public String advice() {
        return advice;
    }

    /**
     * Looks at both ends of a disk.
     *
     * @param device which
     * @return what it is instead of a raw disk, or null
     * @throws IOException when an end can't be read
     */
    public static @Nullable Signature of(BlockDevice device) throws IOException {
        int length = (int) Math.min(SECTOR_BYTES, device.sizeBytes());
        ByteBuffer head = ByteBuffer.allocate(length);
        ByteBuffer tail = ByteBuffer.allocate(length);
        device.read(head, 0);
        device.read(tail, device.sizeBytes() - length);
        return of(head.array(), tail.array());
    }

    /**
     * Looks at the ends of a disk.
     *
     * @param head its first {@link #SECTOR_BYTES}, or fewer
     * @param tail its last {@link #SECTOR_BYTES}, or none when they are not known
     * @return what it is instead of a raw disk, or null
     */
    public static @Nullable Signature of(byte[] head, byte[] tail) {
        for (Signature signature : values()) {
            if (signature.matches(head, tail)) {
                return signature;
            }
        }
        return null;
    }

    private boolean matches(byte[] head, byte[] tail) {
        return marks.stream().anyMatch(mark -> mark.matches(head, tail));
    }

    private static Mark head(int offset, String latin1) {
        return new Mark(true, offset, latin1);
    }

    private static Mark tail(int offset, String latin1) {
        return new Mark(false, offset, latin1);
    }

    /** Bytes at an offset of the first or the last sector, written as the characters of ISO 8859-1. */
    private record Mark(boolean atHead, int offset, String latin1) {
        boolean matches(byte[] head, byte[] tail) {
            byte[] sector = atHead ? head : tail;
            return sector.length >= offset + latin1.length()
                    && new String(sector, offset, latin1.length(), ISO_8859_1).equals(latin1);
        }
    }

    /** Clauses; their own class because an enum's constants come before its statics. */
    private static final class Advice {
        static final String CONVERT = "convert it first (qemu-img convert -O raw)";
        static final String UNPACK = "unpack it and import the disk inside";

        static String decompress(String tool) {
            return "pipe it in decompressed (" + tool + " -dc FILE | varve import -)";
        }
    }
}
