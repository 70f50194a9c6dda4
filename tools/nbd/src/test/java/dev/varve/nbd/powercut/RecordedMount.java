package dev.varve.nbd.powercut;

import dev.varve.nbd.NbdOptions;
import dev.varve.nbd.NbdServer;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A file system on a recording disk: our NBD server, nbdfuse, which makes a file of it, a loop device, a mount. Closed in
 * the opposite order, whatever fails.
 */
final class RecordedMount implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long PAUSE_NANOS = 1_000_000;
    private static final String DISK = "disk";

    private final Deque<AutoCloseable> undo = new ArrayDeque<>();
    private final Path folder;

    /**
     * Mounts.
     *
     * @param work an empty folder of another file system
     */
    RecordedMount(RecordingDisk disk, FileSystem kind, Path work) throws IOException {
        folder = Files.createDirectory(work.resolve("mount"));
        boolean done = false;
        try {
            Path socket = work.resolve("socket");
            undo.push(NbdServer.start(
                    UnixDomainSocketAddress.of(socket), new ServedDisk(DISK, disk), NbdOptions.DEFAULT));
            String device = attach(startFuse(work, socket));
            kind.mount(device, folder);
            undo.push(() -> FileSystem.unmount(folder));
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private Path startFuse(Path work, Path socket) throws IOException {
        Path file = Files.createFile(work.resolve("device"));
        Path pid = work.resolve("pid");
        Process fuse = new ProcessBuilder(
                        "nbdfuse", "-P", pid.toString(), file.toString(), "nbd+unix:///" + DISK + "?socket=" + socket)
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("nbdfuse.out").toFile())
                .start();
        undo.push(() -> {
            if (fuse.isAlive()) {
                Tool.run("fusermount3", "-u", file.toString());
                Tool.await(fuse, "nbdfuse");
            }
        });
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (!Files.exists(pid)) {
            if (!fuse.isAlive() || System.nanoTime() > until) {
                throw new IOException("nbdfuse: " + Files.readString(work.resolve("nbdfuse.out")));
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return file;
    }

    private String attach(Path file) throws IOException {
        String device = Tool.run("losetup", "--find", "--show", "--direct-io=on", file.toString());
        undo.push(() -> Tool.run("losetup", "--detach", device));
        return device;
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        while (!undo.isEmpty()) {
            try {
                undo.pop().close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new IOException("not all of a mount could be undone", e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
