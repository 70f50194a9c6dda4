package dev.varve.nbd.powercut;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;

/** A folder for mounts and for images of disks, in memory where there is room. What a killed process has left there goes. */
final class WorkFolder implements AutoCloseable {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ROOM_BYTES = 2L << 30;

    private final Path path;

    /** A test that is stopped leaves no mount and no loop device behind. */
    private final Thread atExit = new Thread(this::closeAtExit);

    WorkFolder() throws IOException {
        boolean inMemory =
                Files.isDirectory(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() >= ROOM_BYTES;
        path = inMemory
                ? Files.createTempDirectory(MEMORY, "varve-power")
                : Files.createTempDirectory("varve-power").toRealPath();
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /** Leaves a test out where nobody may mount, but not where CI runs. */
    static void requireMeans() {
        boolean mayMount = System.getProperty("user.name").equals("root")
                && Files.exists(Path.of("/dev/fuse"))
                && Files.exists(Path.of("/usr/bin/nbdfuse"));
        Assumptions.assumeTrue(
                mayMount || "true".equals(System.getenv("CI")), "left out: cuts of power need root, FUSE and nbdfuse");
    }

    Path path() {
        return path;
    }

    private void closeAtExit() {
        try {
            clear();
        } catch (IOException e) {
            System.err.println(path + " is left: " + e);
        }
    }

    @Override
    public void close() throws IOException {
        clear();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    private void clear() throws IOException {
        unmountAll();
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
                Files.delete(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void unmountAll() throws IOException {
        List<String> mounts = Files.readAllLines(Path.of("/proc/self/mounts")).stream()
                .map(line -> line.split(" ", -1)[1])
                .filter(place -> place.startsWith(path + "/"))
                .collect(Collectors.toList());
        Collections.reverse(mounts);
        List<String> loops = Tool.run("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE")
                .lines()
                .filter(line -> line.contains(path + "/"))
                .map(line -> line.strip().split("\\s+", -1)[0])
                .toList();
        for (String mount : mounts) {
            Tool.run("umount", "--lazy", mount);
        }
        for (String loop : loops) {
            Tool.run("losetup", "--detach", loop);
        }
    }
}
