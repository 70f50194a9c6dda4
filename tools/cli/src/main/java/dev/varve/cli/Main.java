package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.control.Caller;
import dev.varve.control.ControlClient;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
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

    private final Caller caller;
    private final @Nullable ServedStore served;
    private final GlobalOptions options = new GlobalOptions();
    private final Session session;
    private final Console console;

    private Main(Caller caller, @Nullable ServedStore served) {
        this.caller = caller;
        this.served = served;
        session = new Session(options, caller, served);
        console = session.console();
    }

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param args as the shell gave them
     */
    public static void main(String[] args) {
        Caller caller = new LocalCaller(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                new StandardError());
        if (Arrays.asList(args).contains("--stacktrace") && System.getProperty(LOG_LEVEL) == null) {
            System.setProperty(LOG_LEVEL, "info"); // before there is a logger
        }
        System.exit(new Main(caller, null).run(args));
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
        return new Main(new LocalCaller(in, out, err, () -> false), null).run(args);
    }

    /** Runs one command with another's error stream. */
    static int run(String[] args, InputStream in, OutputStream out, Console around) {
        return new Main(new LocalCaller(in, out, around.err(), around::isWatched), null).run(args);
    }

    /** Runs one command for another process, in the store that this one has open. */
    static int carryOut(List<String> args, Caller caller, ServedStore served) {
        return new Main(caller, served).run(args.toArray(String[]::new));
    }

    private int run(String[] args) {
        if (Arrays.equals(args, new String[] {"--version"})) {
            console.print("varve " + Version.text());
            return finish(DONE);
        }
        if (served == null
                && Commands.isAnyNamed(args)
                && !Files.exists(ServedStore.socket(GlobalOptions.storeIn(args)))) {
            Engine.prepare(EngineOptions.defaults()); // while the arguments are looked at
        }
        CommandLine line = Commands.commandLine(options, session, args);
        line.setOut(console.writer());
        line.setExecutionStrategy(parsed -> execute(parsed, args));
        line.setExecutionExceptionHandler((e, command, parsed) -> failed(e));
        line.setParameterExceptionHandler(this::misused);
        int code;
        try {
            code = line.execute(args);
        } catch (Error e) { // which picocli leaves to others
            code = failed(e);
        }
        return finish(code);
    }

    /** Carries it out here, or has it carried out by the process that has the store open. */
    private int execute(ParseResult parsed, String[] args) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        CommandSpec command = last.commandSpec();
        boolean here = command.userObject() instanceof StaysHere;
        if (here && served != null) {
            throw new ExecutionException(command.commandLine(), "sent by mistake", new BadUsage("not for a server"));
        }
        if (!here && served == null && !isHelp(parsed)) {
            try (ControlClient server = ControlClient.connect(ServedStore.socket(session.store()))) {
                if (server != null) {
                    return server.run(List.of(args), caller);
                }
            } catch (IOException e) {
                throw new ExecutionException(command.commandLine(), String.valueOf(e.getMessage()), e);
            }
        }
        return new RunLast().execute(parsed);
    }

    private static boolean isHelp(ParseResult parsed) {
        return parsed.asCommandLineList().stream()
                .anyMatch(line -> line.isUsageHelpRequested() || line.isVersionHelpRequested());
    }

    /** Closes the store and hands on what was printed; either may still fail. */
    private int finish(int code) {
        int last = code;
        try {
            session.close();
        } catch (IOException | RuntimeException e) {
            last = last == DONE ? failed(e) : last;
        }
        try {
            console.flush();
        } catch (IOException e) {
            last = last == DONE ? failed(e) : last;
        }
        session.ended(last == DONE);
        return last;
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
