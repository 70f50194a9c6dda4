package dev.varve.nbd.powercut;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** A kind of file system, as its tools make it unless told otherwise. */
enum FileSystem {
    /** What ext4 would write in the background after it was mounted first is written by mkfs. */
    EXT4("mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0", "noatime", PowerCut.SECTOR),
    /**
     * States of one file system look like one that is mounted twice. A block of which the first sector is new and the others
     * are old it takes for newer than its log, and can't be mounted: it needs blocks that are written wholly or not at all.
     */
    XFS("mkfs.xfs -q", "noatime,nouuid", 4096);

    static final long BYTES = 512L << 20;
    private static final int ATTEMPTS = 200;

    private final String maker;
    private final String options;

    /** What a disk has to write wholly or not at all. */
    final int wholeBytes;

    FileSystem(String maker, String options, int wholeBytes) {
        this.maker = maker;
        this.options = options;
        this.wholeBytes = wholeBytes;
    }

    /** A new one. */
    PageImage make(Path work) throws IOException {
        Path file = Files.createTempFile(work, "new", ".img");
        try {
            try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
                out.setLength(BYTES);
            }
            Tool.run((maker + " " + file).split(" ", -1));
            return PageImage.load(file);
        } finally {
            Files.delete(file);
        }
    }

    /** Mounts a block device. */
    void mount(String device, Path folder) throws IOException {
        Tool.run("mount", "-t", type(), "-o", options, device, folder.toString());
    }

    /** Mounts a file, by a loop device that goes with the mount. */
    void mountFile(Path file, Path folder) throws IOException {
        Tool.run("mount", "-t", type(), "-o", options + ",loop", file.toString(), folder.toString());
    }

    private String type() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Unmounts; at the latest when nobody has a file open any more. */
    static void unmount(Path folder) throws IOException {
        for (int i = 0; ; i++) {
            try {
                Tool.run("umount", folder.toString());
                return;
            } catch (IOException e) {
                if (i == ATTEMPTS) {
                    Tool.run("umount", "--lazy", folder.toString());
                    throw e;
                }
                System.gc(); // an engine of ours that was closed has its cache mapped until then
            }
        }
    }
}
