package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.EngineScope;
import dev.varve.NewStore;
import dev.varve.SpaceReport;
import dev.varve.control.Caller;
import dev.varve.store.StoreNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a command works with: the options given, who gave it, and the engine once it asks for it. That stays open until this is
 * closed, and longer if it is another's.
 */
final class Session implements AutoCloseable {
    private final GlobalOptions options;
    private final Caller caller;
    private final Console console;
    private final @Nullable ServedStore served;
    private @Nullable Engine opened;
    private @Nullable ServedStore serving;
    private @Nullable UntilSignal signal;

    /**
     * For one command.
     *
     * @param served the store that this process has open for others; null if the command opens it itself
     */
    Session(GlobalOptions options, Caller caller, @Nullable ServedStore served) {
        this.options = options;
        this.caller = caller;
        this.served = served;
        console = new Console(caller);
    }

    Caller caller() {
        return caller;
    }

    Console console() {
        return console;
    }

    GlobalOptions options() {
        return options;
    }

    boolean json() {
        return options.json;
    }

    /** The folder of the store. */
    Path store() {
        return served == null ? options.storeFolder() : served.folder();
    }

    /** Whether the store stays open when the command has ended. */
    boolean isServed() {
        return served != null;
    }

    /** Opens the store, which must be there. To be called once. */
    Engine open() throws IOException {
        if (served != null) {
            return served.engine();
        }
        try {
            return keep(Engine.open(store(), EngineOptions.defaults()));
        } catch (StoreNotFoundException e) {
            throw mayLookInside(store()) ? e : new AccessDeniedException(store().toString());
        }
    }

    private Engine keep(Engine engine) {
        opened = engine;
        return engine;
    }

    /** A folder that can't be entered looks empty; nobody should be told to create a store there. */
    private static boolean mayLookInside(Path folder) {
        return Files.notExists(folder) || Files.isReadable(folder) && Files.isExecutable(folder);
    }

    /** Opens the store, and makes it first where there is none. */
    Engine openOrCreate() throws IOException {
        try {
            return open();
        } catch (StoreNotFoundException e) {
            return create(NewStore.DEFAULT);
        }
    }

    /** Makes the store. */
    Engine create(NewStore made) throws IOException {
        return keep(Engine.create(store(), made, EngineOptions.defaults()));
    }

    /** The account and region asked for. */
    EngineScope scope(Engine engine) {
        try {
            return engine.scope(options.account, options.region);
        } catch (IllegalArgumentException e) {
            throw new BadUsage(String.valueOf(e.getMessage()));
        }
    }

    /** What takes how much. */
    SpaceReport space(Engine engine) throws IOException {
        try (ProgressBar bar = new ProgressBar(console, "counting")) {
            return engine.space(bar);
        }
    }

    /** Lets other processes' commands work in the store too, if it was opened here, until it is closed. */
    void serve() {
        Engine engine = opened;
        if (engine != null) {
            try {
                serving = ServedStore.open(engine, store().toAbsolutePath());
            } catch (IOException e) {
                console.err().println("varve: other commands have to wait until this one ends: " + ErrorLine.of(e));
            }
        }
    }

    /** From now on a signal does not end this process before this is closed. */
    UntilSignal signal() {
        UntilSignal made = new UntilSignal();
        signal = made;
        return made;
    }

    /** Closes the store, if it was opened here. */
    @Override
    public void close() throws IOException {
        ServedStore others = serving;
        Engine engine = opened;
        serving = null;
        opened = null;
        try (engine;
                others) {
            // the engine last
        }
    }

    /** All is done, and all that was printed handed on. */
    void ended(boolean succeeded) {
        UntilSignal made = signal;
        if (made != null) {
            if (succeeded) {
                made.succeeded();
            }
            made.close();
        }
    }
}
