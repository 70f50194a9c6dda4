package dev.varve.control;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the commands of other processes of the same user: one a connection, on two threads. A command whose caller goes
 * is interrupted. At most {@value #MAX_CONNECTIONS} at once; others wait until they are let in. Each takes at most {@value
 * RemoteCaller#MAX_CALLS} MiB for what is under way.
 */
public final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int MAX_CONNECTIONS = 16;
    private static final long PAUSE_MILLIS = 20;

    /** So long who is connected may take to say what is to be done. */
    private static final long GREETING_MILLIS = 10_000;

    private static final long CLOSING_MILLIS = 30_000;

    private final ServerSocketChannel listener;
    private final CommandHandler handler;
    private final long greetingMillis;
    private final Set<ServedCommand> commands = ConcurrentHashMap.newKeySet();
    private final Semaphore places = new Semaphore(MAX_CONNECTIONS);
    private final AtomicBoolean closing = new AtomicBoolean();

    private ControlServer(ServerSocketChannel listener, CommandHandler handler, long greetingMillis) {
        this.listener = listener;
        this.handler = handler;
        this.greetingMillis = greetingMillis;
    }

    /**
     * Begins to take commands.
     *
     * @param listener a Unix socket that is bound; closed with the server
     * @param handler carries them out
     * @return the server, to be closed
     */
    public static ControlServer start(ServerSocketChannel listener, CommandHandler handler) {
        return start(listener, handler, GREETING_MILLIS);
    }

    static ControlServer start(ServerSocketChannel listener, CommandHandler handler, long greetingMillis) {
        ControlServer server = new ControlServer(listener, handler, greetingMillis);
        thread("varve-control", server::accept);
        return server;
    }

    static Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void accept() {
        while (!closing.get()) {
            places.acquireUninterruptibly();
            boolean begun = false;
            try {
                begin(listener.accept());
                begun = true;
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                if (!closing.get()) {
                    LOG.warn("a command was not accepted", e); // for want of files or threads, for example
                    pause();
                }
            } finally {
                if (!begun) {
                    places.release();
                }
            }
        }
    }

    private void begin(SocketChannel channel) throws IOException {
        ServedCommand command = new ServedCommand(channel, handler, this::ended);
        commands.add(command);
        try {
            thread("varve-control-caller", command);
        } catch (OutOfMemoryError e) {
            commands.remove(command);
            channel.close();
            throw e;
        }
        CompletableFuture.delayedExecutor(greetingMillis, TimeUnit.MILLISECONDS).execute(command::endIfSilent);
        if (closing.get()) {
            command.end(); // who closes may not have seen it
        }
    }

    private void ended(ServedCommand command) {
        commands.remove(command);
        places.release();
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Takes no more commands, and ends those that are being carried out as if their callers had gone; waits until they have, but
     * not longer than 30 s. Does nothing when called again.
     */
    @Override
    public void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        listener.close();
        commands.forEach(ServedCommand::end);
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSING_MILLIS);
        while (!commands.isEmpty()
                && System.nanoTime() < end
                && !Thread.currentThread().isInterrupted()) {
            pause();
        }
        commands.forEach(command -> LOG.warn("a command is still being carried out"));
    }
}
