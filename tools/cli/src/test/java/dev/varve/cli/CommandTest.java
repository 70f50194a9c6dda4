package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What tests of commands share: a folder, a store in it, small disks. */
abstract class CommandTest {
    static final int CHUNK = 64 << 10;

    @TempDir
    Path folder;

    Path store;

    @BeforeEach
    void nameStore() {
        store = folder.resolve("store");
    }

    /** Runs a command on the store. */
    Run varve(String... args) {
        return varve(new byte[0], args);
    }

    Run varve(byte[] input, String... args) {
        List<String> all = new ArrayList<>(List.of(args));
        all.addAll(List.of("--store", store.toString()));
        return Run.withInput(input, all.toArray(String[]::new));
    }

    /** A command that must succeed, in silence on the error stream. */
    Run done(String... args) {
        Run run = varve(args);
        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isZero();
        return run;
    }

    /** A command that must fail in one line. */
    static void failed(Run run, String... words) {
        assertThat(run.code()).as(run.err()).isEqualTo(1);
        assertThat(run.err()).startsWith("varve: ").hasLineCount(1).contains(words);
        assertThat(run.out()).isEmpty();
    }

    /** A disk of random chunks and holes: each letter of the pattern is one chunk, equal letters are equal, a dot a hole. */
    Path disk(String name, String pattern) throws IOException {
        Path file = folder.resolve(name);
        try (RandomAccessFile writer = new RandomAccessFile(file.toFile(), "rw")) {
            writer.setLength((long) CHUNK * pattern.length());
            for (int i = 0; i < pattern.length(); i++) {
                if (pattern.charAt(i) != '.') {
                    byte[] chunk = new byte[CHUNK];
                    new Random(pattern.charAt(i)).nextBytes(chunk);
                    writer.seek((long) CHUNK * i);
                    writer.write(chunk);
                }
            }
        }
        return file;
    }

    /** Imports a disk; the id of its image. */
    String imported(Path disk, String name) {
        String id = done("import", disk.toString(), "--name", name).lastLine();
        assertThat(id).matches("ami-[0-9a-f]{17}");
        return id;
    }

    /** The snapshot of an image, from its document. */
    String snapshotOf(String image) {
        return done("show", image, "--json").out().replaceFirst("(?s).*?\"(snap-[0-9a-f]{17})\".*", "$1");
    }

    /** Names in the folder, without the store. */
    List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> !file.equals("store"))
                    .sorted()
                    .toList();
        }
    }
}
