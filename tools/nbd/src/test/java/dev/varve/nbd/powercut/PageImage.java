package dev.varve.nbd.powercut;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a disk holds: pages that are never changed once they are here, so that copies share them, and null for zeros. For one
 * thread at a time.
 */
final class PageImage {
    static final int PAGE = 4096;
    private static final byte[] ZERO = new byte[PAGE];

    private final byte[][] pages;

    private PageImage(byte[][] pages) {
        this.pages = pages;
    }

    static PageImage zeros(long sizeBytes) {
        return new PageImage(new byte[Math.toIntExact(sizeBytes / PAGE)][]);
    }

    PageImage copy() {
        return new PageImage(pages.clone());
    }

    long sizeBytes() {
        return (long) pages.length * PAGE;
    }

    void read(ByteBuffer dst, long offsetBytes) {
        long at = offsetBytes;
        Objects.checkFromIndexSize(at, dst.remaining(), sizeBytes());
        while (dst.hasRemaining()) {
            int inPage = (int) (at % PAGE);
            int some = Math.min(PAGE - inPage, dst.remaining());
            byte[] page = pages[(int) (at / PAGE)];
            dst.put(page == null ? ZERO : page, inPage, some);
            at += some;
        }
    }

    /** Puts a range of some bytes, or of zeros where they are null, at an offset. */
    void write(byte @Nullable [] bytes, int from, int length, long offsetBytes) {
        Objects.checkFromIndexSize(offsetBytes, length, sizeBytes());
        for (int done = 0; done < length; ) {
            long at = offsetBytes + done;
            int inPage = (int) (at % PAGE);
            int some = Math.min(PAGE - inPage, length - done);
            int number = (int) (at / PAGE);
            byte[] old = pages[number];
            byte[] page = old == null || some == PAGE ? new byte[PAGE] : old.clone();
            if (bytes != null) {
                System.arraycopy(bytes, from + done, page, inPage, some);
            } else {
                Arrays.fill(page, inPage, inPage + some, (byte) 0);
            }
            pages[number] = bytes == null && Arrays.equals(page, ZERO) ? null : page;
            done += some;
        }
    }

    static PageImage load(Path file) throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            PageImage image = zeros(in.size());
            ByteBuffer page = ByteBuffer.allocate(PAGE);
            for (int i = 0; i < image.pages.length; i++) {
                page.clear();
                while (page.hasRemaining()) {
                    if (in.read(page, (long) i * PAGE + page.position()) < 0) {
                        throw new IOException(file + " became shorter");
                    }
                }
                if (!Arrays.equals(page.array(), ZERO)) {
                    image.pages[i] = page.array().clone();
                }
            }
            return image;
        }
    }

    /** Writes it to a new file, with holes. */
    void save(Path file) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            for (int i = 0; i < pages.length; i++) {
                byte[] page = pages[i];
                if (page != null) {
                    ByteBuffer rest = ByteBuffer.wrap(page);
                    while (rest.hasRemaining()) {
                        out.write(rest, (long) i * PAGE + rest.position());
                    }
                }
            }
            if (out.size() < sizeBytes()) {
                out.write(ByteBuffer.allocate(1), sizeBytes() - 1);
            }
        }
    }
}
