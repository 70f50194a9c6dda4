package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.EngineScope;
import dev.varve.NewStore;
import dev.varve.store.StoreNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a command works with: the options given, the streams, and the engine once it asks for it. */
final class Session {
    private final GlobalOptions options;
    private final Console console;

    Session(GlobalOptions options, Console console) {
        this.options = options;
        this.console = console;
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
        return options.storeFolder();
    }

    /** Opens the store, which must be there. */
    Engine open() throws IOException {
        try {
            return Engine.open(store(), EngineOptions.defaults());
        } catch (StoreNotFoundException e) {
            throw mayLookInside(store()) ? e : new AccessDeniedException(store().toString());
        }
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
        return Engine.create(store(), made, EngineOptions.defaults());
    }

    /** The account and region asked for. */
    EngineScope scope(Engine engine) {
        try {
            return engine.scope(options.account, options.region);
        } catch (IllegalArgumentException e) {
            throw new BadUsage(String.valueOf(e.getMessage()));
        }
    }
}
