package dev.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.List;

/** One command run inside the test's process. */
final class Run {
    private final int code;
    private final byte[] bytes;
    private final String err;

    private Run(int code, byte[] bytes, String err) {
        this.code = code;
        this.bytes = bytes;
        this.err = err;
    }

    static Run of(String... args) {
        return withInput(new byte[0], args);
    }

    static Run withInput(byte[] input, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(args, new ByteArrayInputStream(input), out, err);
        return new Run(code, out.toByteArray(), err.toString(UTF_8));
    }

    /** Its exit code. */
    int code() {
        return code;
    }

    /** What it wrote to standard output. */
    byte[] bytes() {
        return bytes;
    }

    /** The same as text. */
    String out() {
        return new String(bytes, UTF_8);
    }

    /** What it wrote to the error stream. */
    String err() {
        return err;
    }

    /** The last line of standard output: ids stand there. */
    String lastLine() {
        List<String> lines = out().lines().toList();
        return lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    }
}
