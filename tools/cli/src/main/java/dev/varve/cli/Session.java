package dev.varve.cli;

/** What a command works with: the options given, the streams, and the engine once it asks for it. */
final class Session {
    private final GlobalOptions options;
    private final Console console;

    Session(GlobalOptions options, Console console) {
        this.options = options;
        this.console = console;
    }

    GlobalOptions options() {
        return options;
    }

    Console console() {
        return console;
    }
}
