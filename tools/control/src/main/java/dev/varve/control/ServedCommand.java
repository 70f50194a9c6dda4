package dev.varve.control;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: a command, carried out on a thread of its own while this one takes the caller's answers. */
final class ServedCommand implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ServedCommand.class);
    private static final int FAILED = 1;

    private final SocketChannel channel;
    private final FrameChannel frames;
    private final CommandHandler handler;
    private final Consumer<ServedCommand> whenEnded;

    /** Once it has said what is to be done. */
    private volatile @Nullable RemoteCaller caller;

    ServedCommand(SocketChannel channel, CommandHandler handler, Consumer<ServedCommand> whenEnded) {
        this.channel = channel;
        this.handler = handler;
        this.whenEnded = whenEnded;
        frames = new FrameChannel(channel);
    }

    @Override
    public void run() {
        try {
            serve();
        } catch (IOException | RuntimeException e) {
            LOG.debug("a caller has gone", e);
        } finally {
            end();
            whenEnded.accept(this);
        }
    }

    private void serve() throws IOException {
        Peer.requireSameUser(channel, "client");
        if (!frames.greetClient()) {
            return;
        }
        FrameChannel.Header header = frames.readHeader();
        if (header.kind() != FrameChannel.COMMAND) {
            throw new IOException("a message of kind " + header.kind());
        }
        BodyReader body = new BodyReader(frames.readBody(header, FrameChannel.MAX_BODY_BYTES));
        RemoteCaller begun = new RemoteCaller(frames, body.flag());
        List<String> args = body.texts(FrameChannel.MAX_WORDS);
        body.end();
        caller = begun;
        Thread worker = ControlServer.thread("varve-command", () -> carryOut(args, begun));
        try {
            begun.takeAnswers();
        } finally {
            begun.leave();
            join(worker);
        }
    }

    private void carryOut(List<String> args, RemoteCaller by) {
        int code = FAILED;
        try {
            code = handler.carryOut(args, by);
        } catch (RuntimeException | Error e) {
            LOG.error("a command has failed", e);
        }
        try {
            frames.send(FrameChannel.EXIT, 0, new BodyWriter().number(code).toBytes());
        } catch (IOException e) {
            LOG.debug("a caller has gone before it was told that all is done", e);
        }
        end(); // who takes answers finds no more
    }

    private static void join(Thread worker) {
        boolean joined = false;
        while (!joined) {
            worker.interrupt(); // it may be waiting for something else than its caller
            try {
                worker.join();
                joined = true;
            } catch (InterruptedException e) {
                LOG.debug("nobody interrupts this thread", e);
            }
        }
    }

    /** Has the caller end the programs that it runs for it. */
    void askToEnd() {
        RemoteCaller known = caller;
        if (known != null) {
            known.endPrograms();
        }
    }

    /** Ends it if the caller has not said what is to be done. */
    void endIfSilent() {
        if (caller == null) {
            end();
        }
    }

    /** Ends it as if the caller had gone. */
    void end() {
        try {
            frames.close();
        } catch (IOException e) {
            LOG.debug("a connection was not closed", e);
        }
    }
}
