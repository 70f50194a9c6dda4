package dev.varve.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.ContentSource;
import dev.varve.block.BlockDevice;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A caller that has a text as its input, and one disk under every name. */
final class TestCaller implements Caller {
    final ByteArrayOutputStream out = new ByteArrayOutputStream();
    final ByteArrayOutputStream err = new ByteArrayOutputStream();
    final AtomicInteger opened = new AtomicInteger();
    final CountDownLatch programsEnd = new CountDownLatch(1);
    volatile boolean committed;

    @Nullable
    volatile List<String> program;

    private final InputStream in;
    private final @Nullable BlockDevice disk;

    TestCaller(String input, @Nullable BlockDevice disk) {
        this(new ByteArrayInputStream(input.getBytes(UTF_8)), disk);
    }

    TestCaller(InputStream in, @Nullable BlockDevice disk) {
        this.in = in;
        this.disk = disk;
    }

    @Override
    public InputStream in() {
        return in;
    }

    @Override
    public OutputStream out() {
        return out;
    }

    @Override
    public OutputStream err() {
        return err;
    }

    @Override
    public boolean isWatched() {
        return true;
    }

    @Override
    public boolean isThere() {
        return true;
    }

    @Override
    public boolean isStream(Path path) {
        return path.toString().startsWith("pipe");
    }

    @Override
    public InputStream openInput(Path path) {
        opened.incrementAndGet();
        return new FilterInputStream(new ByteArrayInputStream(path.toString().getBytes(UTF_8))) {
            @Override
            public void close() {
                opened.decrementAndGet();
            }
        };
    }

    @Override
    public OutputStream openOutput(Path path) throws IOException {
        throw new IOException(path + ": nobody reads it");
    }

    @Override
    public BlockDevice openDisk(Path path) throws IOException {
        BlockDevice found = disk;
        if (found == null) {
            throw new IOException(path + ": no such file; check the path");
        }
        return found;
    }

    /**
     * A folder named "store" has one chunk and one node, whose ids end in 1 and 2, and a segment of 2 MiB whose nonce ends in 3;
     * other paths are no folder.
     */
    @Override
    public @Nullable ContentSource openStore(Path path) {
        if (!path.toString().equals("store")) {
            return null;
        }
        opened.incrementAndGet();
        return new ContentSource() {
            @Override
            public byte @Nullable [] chunk(byte[] id) {
                return id[31] == 1 ? new byte[] {10, 11} : null;
            }

            @Override
            public byte @Nullable [] node(byte[] id) {
                return id[31] == 2 ? new byte[] {20} : null;
            }

            @Override
            public byte @Nullable [] logBytes(byte[] nonce, long offsetBytes, int lengthBytes) {
                if (nonce[15] != 3 || offsetBytes > (2 << 20) - lengthBytes) {
                    return null;
                }
                byte[] bytes = new byte[lengthBytes];
                Arrays.fill(bytes, (byte) (offsetBytes >> 10));
                return bytes;
            }

            @Override
            public void close() {
                opened.decrementAndGet();
            }
        };
    }

    @Override
    public DiskTarget createDisk(Path path, long sizeBytes, boolean replace) throws IOException {
        BlockDevice made = openDisk(path);
        if (!replace) {
            throw new IOException(path + ": this file exists; --force replaces it");
        }
        opened.incrementAndGet();
        return new DiskTarget() {
            @Override
            public BlockDevice device() {
                return made;
            }

            @Override
            public boolean isBlank() {
                return true;
            }

            @Override
            public void commit() {
                committed = true;
            }

            @Override
            public void close() {
                opened.decrementAndGet();
            }
        };
    }

    @Override
    public boolean hasProgram(String name) {
        return name.equals("qemu");
    }

    @Override
    public void endPrograms() {
        programsEnd.countDown();
    }

    @Override
    public int run(List<String> command) {
        if (command.contains("wait")) {
            try {
                programsEnd.await();
                return 0;
            } catch (InterruptedException e) {
                return 9;
            }
        }
        program = command;
        return 3;
    }
}
