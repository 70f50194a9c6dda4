package dev.varve.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Writes a small real disk: one partition with a FAT16 file system that any system mounts, its files one after the other
 * in the root directory. What {@code varve quickstart} shows its story on where no disk is at hand.
 *
 * <pre>
 *  sector        content, little endian (Microsoft: FAT specification, 2005-08-30)
 *       0        boot record: partition table at 446, 0x55AA at 510
 *    2048        partition: boot sector with the parameter block
 *    2052        two file allocation tables of 126 sectors
 *    2304        root directory, 512 entries of 32 bytes
 *    2336        clusters of 4 sectors, numbered from 2
 *  131072        end: 64 MiB
 * </pre>
 */
final class FatDisk {
    /** Bytes of the whole disk. */
    static final long SIZE_BYTES = 64L << 20;

    private static final int SECTOR = 512;
    private static final int PARTITION_SECTOR = 2048;
    private static final int PARTITION_SECTORS = (int) (SIZE_BYTES / SECTOR) - PARTITION_SECTOR;
    private static final int RESERVED_SECTORS = 4;
    private static final int FAT_SECTORS = 126;
    private static final int ROOT_ENTRIES = 512;
    private static final int ENTRY_BYTES = 32;
    private static final int CLUSTER_SECTORS = 4;
    private static final int CLUSTER_BYTES = CLUSTER_SECTORS * SECTOR;
    private static final int FAT_SECTOR = PARTITION_SECTOR + RESERVED_SECTORS;
    private static final int ROOT_SECTOR = FAT_SECTOR + 2 * FAT_SECTORS;
    private static final int DATA_SECTOR = ROOT_SECTOR + ROOT_ENTRIES * ENTRY_BYTES / SECTOR;

    private static final int CLUSTERS = (int) (SIZE_BYTES / SECTOR - DATA_SECTOR) / CLUSTER_SECTORS;

    private static final byte MEDIA_FIXED = (byte) 0xF8;
    private static final byte FAT16_LBA = 0x0E;
    private static final int END_OF_CHAIN = 0xFFFF;
    private static final byte ATTRIBUTE_LABEL = 0x08;
    private static final byte ATTRIBUTE_ARCHIVE = 0x20;

    /** 2026-01-01: years since 1980, month, day. */
    private static final short DATE = (short) ((2026 - 1980) << 9 | 1 << 5 | 1);

    private static final byte[] LABEL = "VARVE      ".getBytes(US_ASCII);

    /** A file on the disk. */
    static final class Content {
        private final String name;
        private final byte[] bytes;

        /** A file; its name is eight characters and three, padded with blanks, no dot. */
        Content(String name, byte[] bytes) {
            if (name.length() != 11) {
                throw new IllegalArgumentException("no 8.3 name: '" + name + "'");
            }
            this.name = name;
            this.bytes = bytes;
        }
    }

    private final FileChannel channel;
    private final ByteBuffer fat = littleEndian(FAT_SECTORS * SECTOR);
    private final ByteBuffer root = littleEndian(ROOT_ENTRIES * ENTRY_BYTES);
    private int nextCluster = 2;

    private FatDisk(FileChannel channel) {
        this.channel = channel;
    }

    /** Writes a new disk; space that no file takes stays a hole. */
    static void write(Path file, List<Content> contents) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            new FatDisk(channel).write(contents);
        }
    }

    private void write(List<Content> contents) throws IOException {
        fat.putShort((short) (0xFF00 | MEDIA_FIXED & 0xFF)).putShort((short) END_OF_CHAIN);
        root.put(LABEL).put(ATTRIBUTE_LABEL).position(24).putShort(DATE).position(ENTRY_BYTES);
        for (Content content : contents) {
            add(content);
        }
        put(bootRecord(), 0);
        put(bootSector(), PARTITION_SECTOR);
        put(fat, FAT_SECTOR);
        put(fat, FAT_SECTOR + FAT_SECTORS);
        put(root, ROOT_SECTOR);
        put(ByteBuffer.allocate(SECTOR), SIZE_BYTES / SECTOR - 1);
    }

    private void add(Content content) throws IOException {
        int length = content.bytes.length;
        int clusters = (length + CLUSTER_BYTES - 1) / CLUSTER_BYTES;
        if (clusters > CLUSTERS + 2 - nextCluster || root.remaining() < ENTRY_BYTES) {
            throw new IOException("the disk is full");
        }
        int first = clusters == 0 ? 0 : nextCluster;
        root.put(content.name.getBytes(US_ASCII)).put(ATTRIBUTE_ARCHIVE);
        int entry = root.position() - 12;
        root.putShort(entry + 16, DATE).putShort(entry + 18, DATE).putShort(entry + 24, DATE);
        root.putShort(entry + 26, (short) first).putInt(entry + 28, length).position(entry + ENTRY_BYTES);
        for (int i = 1; i <= clusters; i++) {
            fat.putShort((short) (i == clusters ? END_OF_CHAIN : nextCluster + i));
        }
        put(ByteBuffer.wrap(content.bytes), DATA_SECTOR + (long) (first - 2) * CLUSTER_SECTORS);
        nextCluster += clusters;
    }

    private static ByteBuffer bootRecord() {
        ByteBuffer sector = littleEndian(SECTOR);
        sector.putInt(440, 0x56415256); // disk signature
        sector.position(446)
                .put((byte) 0)
                .put(new byte[] {(byte) 0xFE, (byte) 0xFF, (byte) 0xFF}); // cylinders: see LBA
        sector.put(FAT16_LBA).put(new byte[] {(byte) 0xFE, (byte) 0xFF, (byte) 0xFF});
        sector.putInt(PARTITION_SECTOR).putInt(PARTITION_SECTORS);
        return signed(sector);
    }

    private static ByteBuffer bootSector() {
        ByteBuffer sector = littleEndian(SECTOR);
        sector.put(new byte[] {(byte) 0xEB, 0x3C, (byte) 0x90}).put("VARVE1.0".getBytes(US_ASCII));
        sector.putShort((short) SECTOR).put((byte) CLUSTER_SECTORS).putShort((short) RESERVED_SECTORS);
        sector.put((byte) 2).putShort((short) ROOT_ENTRIES).putShort((short) 0).put(MEDIA_FIXED);
        sector.putShort((short) FAT_SECTORS).putShort((short) 63).putShort((short) 255);
        sector.putInt(PARTITION_SECTOR).putInt(PARTITION_SECTORS);
        sector.put((byte) 0x80).put((byte) 0).put((byte) 0x29).putInt(0x56415256);
        sector.put(LABEL).put("FAT16   ".getBytes(US_ASCII));
        return signed(sector);
    }

    private static ByteBuffer signed(ByteBuffer sector) {
        return sector.putShort(510, (short) 0xAA55);
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void put(ByteBuffer bytes, long sector) throws IOException {
        ByteBuffer source = bytes.duplicate().clear();
        long start = sector * SECTOR;
        while (source.hasRemaining()) {
            channel.write(source, start + source.position());
        }
    }
}
