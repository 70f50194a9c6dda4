package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.control.ControlServer;
import dev.varve.nbd.UnixSocket;
import java.io.IOException;
import java.nio.file.Path;

/** A store that this process has open, and in which it carries out other processes' commands until this is closed. */
final class ServedStore implements AutoCloseable {
    private static final String SOCKET = "control.sock";
    private static final int BACKLOG = 64;

    private final Engine engine;
    private final Path folder;
    private final UnixSocket socket;
    private final ControlServer server;

    private ServedStore(Engine engine, Path folder, UnixSocket socket) {
        this.engine = engine;
        this.folder = folder;
        this.socket = socket;
        server = ControlServer.start(socket.channel(), (args, caller) -> Main.carryOut(args, caller, this));
    }

    /** Where the process that has a store open takes commands. */
    static Path socket(Path folder) {
        return folder.resolve(SOCKET);
    }

    /** Begins to carry out others' commands. */
    static ServedStore open(Engine engine, Path folder) throws IOException {
        ServedStore served = new ServedStore(engine, folder, UnixSocket.listen(socket(folder), BACKLOG));
        engine.collectInBackground(Engine.DEFAULT_GRACE);
        engine.scrubInBackground(Engine.DEFAULT_SCRUB_INTERVAL);
        return served;
    }

    Engine engine() {
        return engine;
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() throws IOException {
        try (socket) {
            server.close();
        }
    }
}
