package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where {@code varve} starts. */
public final class Main {
    /** Done. */
    static final int DONE = 0;

    /** It did not work; one line on the error stream says why. */
    static final int FAILED = 1;

    /** The arguments make no sense. */
    static final int USAGE = 2;

    private static final String LOG_LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

    private final Console console;
    private final GlobalOptions options = new GlobalOptions();

    private Main(Console console) {
        this.console = console;
    }

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param args as the shell gave them
     */
    public static void main(String[] args) {
        Console console = new Console(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                new StandardError());
        if (Arrays.asList(args).contains("--stacktrace") && System.getProperty(LOG_LEVEL) == null) {
            System.setProperty(LOG_LEVEL, "info"); // before there is a logger
        }
        System.exit(new Main(console).run(args));
    }

    /**
     * Runs one command inside this process.
     *
     * @param args as a shell would give them
     * @param in what {@code -} reads
     * @param out what is asked for; flushed, not closed
     * @param err what is wrong; flushed, not closed
     * @return the exit code: 0 done, 1 failed, 2 bad usage
     */
    public static int run(String[] args, InputStream in, OutputStream out, OutputStream err) {
        return new Main(new Console(in, out, err, () -> false)).run(args);
    }

    /** Runs one command with another's error stream. */
    static int run(String[] args, InputStream in, OutputStream out, Console around) {
        return new Main(new Console(in, out, around.err(), around::isWatched)).run(args);
    }

    private int run(String[] args) {
        if (Arrays.equals(args, new String[] {"--version"})) {
            console.print("varve " + Version.text());
            return finish(DONE);
        }
        if (Commands.isAnyNamed(args)) {
            Engine.prepare(EngineOptions.defaults()); // while the arguments are looked at
        }
        CommandLine line = Commands.commandLine(options, new Session(options, console), args);
        line.setOut(console.writer());
        line.setExecutionExceptionHandler((e, command, parsed) -> failed(e));
        line.setParameterExceptionHandler(this::misused);
        return finish(line.execute(args));
    }

    private int finish(int code) {
        try {
            console.flush();
            return code;
        } catch (IOException e) {
            return code == DONE ? failed(e) : code;
        }
    }

    private int failed(Throwable e) {
        console.err().println("varve: " + ErrorLine.of(e));
        if (options.stacktrace) {
            e.printStackTrace(console.err());
        }
        return e instanceof BadUsage ? USAGE : FAILED;
    }

    private int misused(ParameterException e, String[] args) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        console.err().println("varve: " + problem(e, command) + "; see " + command.qualifiedName() + " --help");
        if (options.stacktrace) {
            e.printStackTrace(console.err());
        }
        return USAGE;
    }

    private static String problem(ParameterException e, CommandSpec command) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().get(0);
            String kind = first.startsWith("-")
                    ? "is not an option"
                    : command.subcommands().isEmpty() ? "is one argument too many" : "is not a command";
            List<String> known = unmatched.getSuggestions();
            return "'" + Table.printable(first) + "' " + kind
                    + (known.isEmpty() ? "" : "; did you mean " + String.join(" or ", known) + "?");
        }
        return ErrorLine.oneLine(e.getMessage());
    }
}
