package dev.varve.nbd.powercut;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs commands of the system, none for longer than it may take. */
final class Tool {
    private static final long SECONDS = 60;

    private Tool() {}

    /** What it says; an exception when it fails. */
    static String run(String... command) throws IOException {
        Path out = Files.createTempFile("varve-tool", null);
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            int code = await(process, List.of(command).toString());
            String said = Files.readString(out, StandardCharsets.UTF_8).strip();
            if (code != 0) {
                throw new IOException(List.of(command) + " failed: " + said);
            }
            return said;
        } finally {
            Files.delete(out);
        }
    }

    /** Begins what nobody listens to. */
    static Process start(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Waits for a process, and kills it when it takes too long. */
    static int await(Process process, String name) throws IOException {
        try {
            if (process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        throw new IOException(name + " did not end");
    }
}
