package dev.varve.control;

import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out the commands of other processes of the same user: one a connection, on two threads. A command whose caller goes
 * is interrupted. At most {@value #MAX_CONNECTIONS} at once; one more is sent away. Each takes at most {@value
 * RemoteCaller#MAX_CALLS} MiB, while it moves data.
 */
public final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int MAX_CONNECTIONS = 128;
    private static final long PAUSE_MILLIS = 20;

    /** So long who is connected may take to say what is to be done. */
    private static final long GREETING_MILLIS = 10_000;

    /** So long commands under way may take when the server ends; most do not. */
    private static final long DRAIN_MILLIS = 3_000;

    /** So long they may take when they have been ended. */
    private static final long CLOSING_MILLIS = 30_000;

    private final ServerSocketChannel listener;
    private final CommandHandler handler;
    private final long greetingMillis;
    private final Set<ServedCommand> commands = ConcurrentHashMap.newKeySet();
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
            try {
                begin(listener.accept());
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                if (!closing.get()) {
                    LOG.warn("a command was not accepted", e); // for want of files or threads, for example
                    pause();
                }
            }
        }
    }

    private void begin(SocketChannel channel) throws IOException {
        boolean begun = false;
        ServedCommand command = new ServedCommand(channel, handler, commands::remove);
        try {
            if (commands.size() < MAX_CONNECTIONS && !closing.get()) {
                commands.add(command);
                thread("varve-control-caller", command);
                begun = true;
            }
        } finally {
            if (!begun) {
                commands.remove(command);
                channel.close();
            }
        }
        CompletableFuture.delayedExecutor(greetingMillis, TimeUnit.MILLISECONDS).execute(command::endIfSilent);
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Takes no more commands. Those that are being carried out may come to their end for a few seconds, and programs that they
     * have started are asked to end; then they are ended as if their callers had gone. Waits until they have, but not longer than
     * half a minute; an interrupt does not end that. Does nothing when called again.
     */
    @Override
    public void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        listener.close();
        boolean interrupted = Thread.interrupted();
        commands.forEach(ServedCommand::askToEnd);
        interrupted |= await(DRAIN_MILLIS);
        commands.forEach(ServedCommand::end);
        interrupted |= await(CLOSING_MILLIS);
        commands.forEach(command -> LOG.warn("a command is still being carried out"));
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until there are no commands; true if the thread was interrupted meanwhile. */
    private boolean await(long millis) {
        boolean interrupted = false;
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        while (!commands.isEmpty() && System.nanoTime() < end) {
            pause();
            interrupted |= Thread.interrupted();
        }
        return interrupted;
    }
}
