package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which mapping a JVM gets by itself depends on its flags, so each case is a process of its own. */
class AutomaticMappingTest {
    @TempDir
    private Path tmp;

    @Test
    void flagsOfChronicleMakeItMap() throws Exception {
        assertThat(mapsWith(
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "--sun-misc-unsafe-memory-access=allow",
                        "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"))
                .contains("mapped by Chronicle Bytes");
    }

    @Test
    void withoutFlagsTheJdkMaps() throws Exception {
        assertThat(mapsWith()).contains("mapped by the JDK").doesNotContain("WARNING");
    }

    /** JDK 23 and later can deny it; older ones do not know the flag, and Chronicle maps. */
    @Test
    void whereUnsafeIsDeniedTheJdkMaps() throws Exception {
        String mapping = Runtime.version().feature() >= 23 ? "mapped by the JDK" : "mapped by Chronicle Bytes";
        assertThat(mapsWith(
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "--sun-misc-unsafe-memory-access=deny",
                        "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"))
                .contains(mapping);
    }

    private String mapsWith(String... flags) throws Exception {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", classPath));
        command.addAll(List.of(OneRead.class.getName(), tmp.toString()));
        Path output = tmp.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor()).as(Files.readString(output)).isZero();
        return Files.readString(output);
    }

    /** Reads one chunk and says what mapped it. */
    static final class OneRead {
        private OneRead() {}

        public static void main(String[] args) throws IOException {
            try (FileIo io = new FileIo();
                    FileSlots slots = FileSlots.open(
                            io, Path.of(args[0]), new UUID(1, 2), 3, 4096, FileSlots.Mapping.AUTOMATIC)) {
                slots.fill(1, Chunks.key(7), Chunks.content(7, 0, 4096));
                ByteBuffer dst = ByteBuffer.allocateDirect(4096);
                slots.copy(1, 0, dst, 0, 4096);
                if (Chunks.firstWrong(dst.position(4096), 0, 7, 0) >= 0) {
                    throw new AssertionError("wrong bytes");
                }
                System.out.println(slots.describe());
            }
        }
    }
}
