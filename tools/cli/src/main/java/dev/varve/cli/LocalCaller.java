package dev.varve.cli;

import dev.varve.ContentSource;
import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.block.BlockDevice;
import dev.varve.control.Caller;
import dev.varve.control.DiskTarget;
import dev.varve.formats.DiskImageException;
import dev.varve.formats.FileKind;
import dev.varve.formats.RawDevice;
import dev.varve.formats.RawTarget;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** This process gave the command. */
final class LocalCaller implements Caller {
    /** So long a program may take to end when this process has to. */
    private static final long LAST_SECONDS = 10;

    private final InputStream in;
    private final OutputStream out;
    private final OutputStream err;
    private final Terminal terminal;
    private final Set<Process> programs = ConcurrentHashMap.newKeySet();
    private volatile boolean ending;

    LocalCaller(InputStream in, OutputStream out, OutputStream err, Terminal terminal) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.terminal = terminal;
    }

    /** Whether somebody watches the error stream. */
    interface Terminal {
        /** Asks once. */
        boolean isWatched();
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
        return terminal.isWatched();
    }

    @Override
    public boolean isThere() {
        return true;
    }

    @Override
    public boolean isStream(Path path) throws IOException {
        try {
            return FileKind.of(path) == FileKind.STREAM;
        } catch (IOException e) {
            throw DiskImageException.of(path, e);
        }
    }

    @Override
    public InputStream openInput(Path path) throws IOException {
        return new FileInputStream(path.toFile());
    }

    @Override
    public OutputStream openOutput(Path path) throws IOException {
        return new FileOutputStream(path.toFile());
    }

    @Override
    public BlockDevice openDisk(Path path) throws IOException {
        return RawDevice.open(path, RawDevice.Access.READ);
    }

    @Override
    public @Nullable ContentSource openStore(Path path) throws IOException {
        return Files.isDirectory(path) ? Engine.openContent(path, EngineOptions.defaults()) : null;
    }

    @Override
    public DiskTarget createDisk(Path path, long sizeBytes, boolean replace) throws IOException {
        return new FileTarget(RawTarget.open(path, sizeBytes, replace));
    }

    private record FileTarget(RawTarget target) implements DiskTarget {
        @Override
        public BlockDevice device() {
            return target.device();
        }

        @Override
        public boolean isBlank() {
            return target.isBlank();
        }

        @Override
        public void commit() throws IOException {
            target.commit();
        }

        @Override
        public void close() throws IOException {
            target.close();
        }
    }

    @Override
    public boolean hasProgram(String name) {
        if (name.contains("/")) {
            return Files.isExecutable(Path.of(name));
        }
        String path = System.getenv("PATH");
        return path != null
                && Arrays.stream(path.split(File.pathSeparator))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }

    @Override
    public void endPrograms() {
        programs.forEach(Process::destroy);
    }

    @Override
    public int run(List<String> command) throws IOException {
        Thread end = new Thread(this::end, "varve-end");
        try {
            Runtime.getRuntime().addShutdownHook(end);
        } catch (IllegalStateException e) {
            throw new IOException("interrupted", e); // this process is about to end
        }
        Process process = null;
        try {
            process = new ProcessBuilder(command).inheritIO().start();
            programs.add(process);
            if (ending) {
                process.destroy();
            }
            return process.onExit().join().exitValue();
        } finally {
            if (process != null) {
                programs.remove(process);
            }
            try {
                Runtime.getRuntime().removeShutdownHook(end);
            } catch (IllegalStateException e) {
                // The JVM is going down: the hook finds it ended.
            }
        }
    }

    private void end() {
        ending = true;
        endPrograms();
        try {
            for (Process process : programs) {
                process.waitFor(LAST_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
