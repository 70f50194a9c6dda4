package dev.varve.cli;

import dev.varve.catalog.Ec2Exception;
import dev.varve.formats.DiskImageException;
import dev.varve.volume.VolumeInUseException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Any exception in one line: the line names the file or id, says what is wrong and, where that is known, what to do. */
final class ErrorLine {
    private ErrorLine() {}

    static String of(Throwable failure) {
        Throwable e = essence(failure);
        if (e instanceof FileSystemException f && f.getFile() != null) {
            return oneLine(DiskImageException.of(Path.of(f.getFile()), f).getMessage());
        }
        if (e instanceof OutOfMemoryError) {
            return "out of memory; run it with a larger heap (JAVA_TOOL_OPTIONS=-Xmx1g)";
        }
        if (isTold(e)) {
            return withAdvice(message(e), Advice.on(e));
        }
        return "internal error: " + oneLine(e.toString())
                + "; run it again with --stacktrace and report what it prints";
    }

    /** What says for people what is wrong. */
    private static boolean isTold(Throwable e) {
        return e instanceof IOException
                || e instanceof Failure
                || e instanceof BadUsage
                || e instanceof Ec2Exception
                || e instanceof VolumeInUseException;
    }

    private static String message(Throwable e) {
        String message = e.getMessage();
        return message == null || message.isBlank() ? e.getClass().getSimpleName() : oneLine(message);
    }

    private static String withAdvice(String message, String advice) {
        if (advice.isEmpty() || message.contains(advice)) {
            return message;
        }
        return (message.endsWith(".") ? message.substring(0, message.length() - 1) : message) + "; " + advice;
    }

    /** What others wrapped to carry it across threads and lambdas. */
    private static Throwable essence(Throwable failure) {
        Throwable e = failure;
        for (Throwable cause = e.getCause(); isWrapper(e) && cause != null; cause = e.getCause()) {
            e = cause;
        }
        return e;
    }

    private static boolean isWrapper(Throwable e) {
        return e instanceof UncheckedIOException || e instanceof CompletionException || e instanceof ExecutionException;
    }

    static String oneLine(@Nullable String text) {
        return text == null ? "" : Table.printable(text.strip().replaceAll("\\s*\\R\\s*", " "));
    }
}
