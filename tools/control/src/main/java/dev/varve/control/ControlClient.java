package dev.varve.control;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives one command to the process that has a store open, and does what that asks for. For one thread. */
public final class ControlClient implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlClient.class);

    /** Of a socket's path; systems know of 104 to 108 bytes. */
    private static final int MAX_PATH = 108;

    private final Path socket;
    private final FrameChannel channel;
    private final long process;

    private ControlClient(Path socket, FrameChannel channel, long process) {
        this.socket = socket;
        this.channel = channel;
        this.process = process;
    }

    /**
     * Connects.
     *
     * @param socket where the process listens, if there is one
     * @return null when nobody does
     * @throws IOException when somebody does who can't be given commands: another user's process, another version
     */
    public static @Nullable ControlClient connect(Path socket) throws IOException {
        if (!Files.exists(socket) || socket.toString().length() > MAX_PATH) {
            return null; // nobody could listen there
        }
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        boolean connected = false;
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            Peer.requireSameUser(channel, socket);
            FrameChannel frames = new FrameChannel(channel);
            ControlClient client = new ControlClient(socket, frames, frames.greetServer(socket.toString()));
            connected = true;
            return client;
        } catch (ConnectException e) {
            return null; // it was left behind
        } catch (EOFException e) {
            throw new IOException(
                    socket + ": the process that has the store open takes no more commands now; try again", e);
        } catch (SocketException e) {
            throw new IOException(socket + ": " + e.getMessage() + "; run this as the user who has the store open", e);
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    /**
     * Has a command carried out. What it wants of the caller is done meanwhile, on other threads.
     *
     * @param args its words
     * @param caller this process
     * @return its exit code
     * @throws IOException when the server has gone before it was done
     */
    public int run(List<String> args, Caller caller) throws IOException {
        BodyWriter command = new BodyWriter().flag(caller.isWatched()).number(args.size());
        args.forEach(command::text);
        byte[] words = command.toBytes();
        if (words.length > FrameChannel.MAX_BODY_BYTES) {
            throw new IOException("the command's words are longer than 1 MiB");
        }
        ExecutorService threads = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "varve-call");
            thread.setDaemon(true); // one may wait for input that never comes
            return thread;
        });
        try (Handles handles = new Handles(caller)) {
            return converse(words, handles, threads);
        } finally {
            threads.shutdown();
        }
    }

    private int converse(byte[] words, Handles handles, Executor threads) throws IOException {
        try {
            channel.send(FrameChannel.COMMAND, 0, words);
            while (true) {
                FrameChannel.Header header = channel.readHeader();
                BodyReader body = new BodyReader(channel.readBody(header, FrameChannel.MAX_BODY_BYTES));
                if (header.kind() == FrameChannel.EXIT) {
                    return body.number(0, 255);
                }
                if (header.kind() == FrameChannel.CALL) {
                    threads.execute(() -> answer(handles, header.call(), body));
                } else if (header.kind() == FrameChannel.END) {
                    handles.endPrograms();
                } else {
                    throw new IOException("a message of kind " + header.kind());
                }
            }
        } catch (IOException e) {
            throw new IOException(
                    "process " + process
                            + ", which has the store open, has ended, and it is not known whether this was done;"
                            + " look before you run it again",
                    e);
        }
    }

    private void answer(Handles handles, int call, BodyReader what) {
        boolean answered = false;
        try {
            byte[] answer;
            int kind = FrameChannel.ANSWER;
            try {
                answer = handles.carryOut(what);
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                kind = FrameChannel.FAILURE;
                answer = failure(e);
            }
            channel.send(kind, call, answer);
            answered = true;
        } catch (IOException e) {
            LOG.debug("no answer was sent", e);
        } finally {
            if (!answered) {
                closeQuietly(); // who reads finds out
            }
        }
    }

    private static byte[] failure(Throwable e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return new BodyWriter()
                .text(message.substring(0, Math.min(message.length(), FrameChannel.MAX_TEXT_BYTES / 4)))
                .toBytes();
    }

    private void closeQuietly() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException(socket + " was not closed", e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
