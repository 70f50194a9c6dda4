package dev.varve.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The test double keeps its own promises: a crash test that loses too little proves nothing. */
class FaultyFilesTest {
    private static final int TRIALS = 200;

    @TempDir
    private Path tmp;

    @Test
    void everyChangeCanFailAndTheLoopEnds() throws IOException {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        long failures = 0;
        for (long n = 0; ; n++, failures++) {
            files.stopAt(n);
            try {
                replaceFile(new FileIo(files), tmp);
            } catch (IOException e) {
                assertThat(files.hit()).isTrue();
            }
            boolean hit = files.hit();
            files.killProcess();
            if (!hit) {
                break;
            }
        }
        assertThat(failures).isEqualTo(5); // create, write, sync, rename, sync of the directory
    }

    @Test
    void whatWasSyncedSurvivesAndWhatWasNotIsSometimesLost() throws IOException {
        Set<Integer> lengths = new HashSet<>();
        Set<Byte> seen = new HashSet<>();
        for (int trial = 0; trial < TRIALS; trial++) {
            FaultyFiles files = new FaultyFiles(trial, tmp.resolve("graves" + trial));
            Path path = tmp.resolve("file" + trial);
            try (FileIo io = new FileIo(files);
                    PositionalFile file = io.open(path, Access.CREATE_NEW)) {
                io.syncDirectory(tmp);
                file.write(filled(8192, 1), 0);
                file.sync();
                file.write(filled(4096, 2), 4096);
                file.write(filled(4096, 3), 4096);
                file.write(filled(4096, 4), 8192);
            }
            files.losePower();
            byte[] found = Files.readAllBytes(path);
            lengths.add(found.length);
            assertThat(found).hasSizeGreaterThanOrEqualTo(8192);
            assertThat(Arrays.copyOf(found, 4096)).containsOnly(1);
            for (int i = 4096; i < found.length; i++) {
                seen.add(found[i]);
            }
        }
        assertThat(lengths).containsExactlyInAnyOrder(8192, 12288);
        assertThat(seen).containsExactlyInAnyOrder((byte) 0, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
    }

    @Test
    void namesThatWereNotSyncedAreSometimesLost() throws IOException {
        Set<String> outcomes = new HashSet<>();
        for (int trial = 0; trial < TRIALS; trial++) {
            FaultyFiles files = new FaultyFiles(trial, tmp.resolve("graves" + trial));
            Path directory = Files.createDirectory(tmp.resolve("directory" + trial));
            Files.writeString(directory.resolve("a"), "old");
            Files.writeString(directory.resolve("b"), "new");
            FileIo io = new FileIo(files);
            io.rename(directory.resolve("b"), directory.resolve("a"));
            io.delete(directory.resolve("a"));
            files.losePower();
            try (var list = Files.list(directory)) {
                outcomes.add(list.sorted()
                        .map(name -> name.getFileName() + "=" + content(name))
                        .toList()
                        .toString());
            }
        }
        assertThat(outcomes).containsExactlyInAnyOrder("[]", "[a=new]", "[a=old, b=new]");
    }

    @Test
    void syncThatFailedIsNotMendedByOneThatSucceeds() throws IOException {
        boolean lost = false;
        for (int trial = 0; trial < TRIALS; trial++) {
            FaultyFiles files = new FaultyFiles(trial, tmp.resolve("graves" + trial));
            Path path = tmp.resolve("file" + trial);
            FileIo io = new FileIo(files);
            io.open(path, Access.CREATE_NEW).close();
            io.syncDirectory(tmp);
            try (PositionalFile file = io.open(path, Access.WRITE)) {
                file.write(filled(4096, 1), 0);
                files.failAt(0);
                assertThatIOException().isThrownBy(file::sync);
            }
            try (PositionalFile again = io.open(path, Access.WRITE)) {
                again.sync();
            }
            files.losePower();
            lost |= Files.size(path) == 0;
        }
        assertThat(lost).isTrue();
    }

    @Test
    void whatADeadProcessHasOpenStaysDead() throws IOException {
        FaultyFiles files = new FaultyFiles(1, tmp.resolve("graves"));
        try (PositionalFile file = new FileIo(files).open(tmp.resolve("file"), Access.CREATE)) {
            files.killProcess();
            assertThatIOException().isThrownBy(() -> file.write(filled(1, 1), 0));
            assertThatIOException().isThrownBy(() -> file.read(filled(1, 1), 0));
            assertThatIOException().isThrownBy(file::sync);
        }
        assertThat(tmp.resolve("file")).isEmptyFile();
    }

    private static void replaceFile(FileIo io, Path directory) throws IOException {
        Path fresh = directory.resolve("fresh");
        try (PositionalFile file = io.open(fresh, Access.CREATE)) {
            file.write(filled(100, 1), 0);
            file.sync();
        }
        io.rename(fresh, directory.resolve("file"));
        io.syncDirectory(directory);
    }

    private static ByteBuffer filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    private static String content(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
