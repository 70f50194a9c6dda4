package dev.varve.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What every command takes, before or after its name. */
final class GlobalOptions {
    @Option(
            names = "--store",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "The store; $VARVE_STORE, then ~/.varve if not given.")
    @Nullable
    Path store;

    @Option(
            names = "--region",
            paramLabel = "NAME",
            scope = ScopeType.INHERIT,
            description = "The region to work in; us-east-1 if not given.")
    String region = "us-east-1";

    @Option(
            names = "--account",
            paramLabel = "ID",
            scope = ScopeType.INHERIT,
            description = "The account to work in, 12 digits; 000000000000 if not given.")
    String account = "000000000000";

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print one JSON document in AWS's shapes.")
    boolean json;

    @Option(
            names = "--stacktrace",
            scope = ScopeType.INHERIT,
            description = "Print more when something fails, and the log.")
    boolean stacktrace;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print this help.")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            scope = ScopeType.INHERIT,
            description = "Print the version.")
    boolean version;

    /** The folder of the store, by option, environment or default. */
    Path storeFolder() {
        return store != null ? store : usualStore();
    }

    /** The same, before the arguments have been looked at in earnest. */
    static Path storeIn(String[] args) {
        for (int i = 0; i < args.length; i++) {
            try {
                if (args[i].startsWith("--store=")) {
                    return Path.of(args[i].substring("--store=".length()));
                }
                if (args[i].equals("--store") && i + 1 < args.length) {
                    return Path.of(args[i + 1]);
                }
            } catch (InvalidPathException e) {
                return usualStore(); // it will be told
            }
        }
        return usualStore();
    }

    private static Path usualStore() {
        String environment = System.getenv("VARVE_STORE");
        return environment == null || environment.isBlank()
                ? Path.of(System.getProperty("user.home"), ".varve")
                : Path.of(environment);
    }
}
