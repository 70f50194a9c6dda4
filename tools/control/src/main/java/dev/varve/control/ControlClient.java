package dev.varve.control;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
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

/** Gives one command to the process that has a store open, and does what that asks for. For one thread. */
public final class ControlClient implements Closeable {
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
        if (!Files.exists(socket)) {
            return null;
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
                if (header.kind() != FrameChannel.CALL) {
                    throw new IOException("a message of kind " + header.kind());
                }
                threads.execute(() -> answer(handles, header.call(), body));
            }
        } catch (IOException e) {
            throw new IOException(
                    "process " + process + ", which has the store open, has ended before this was done ("
                            + e.getMessage() + "); run it again",
                    e);
        }
    }

    private void answer(Handles handles, int call, BodyReader what) {
        try {
            byte[] answer;
            try {
                answer = handles.carryOut(what);
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                channel.send(FrameChannel.FAILURE, call, failure(e));
                return;
            }
            channel.send(FrameChannel.ANSWER, call, answer);
        } catch (IOException e) {
            closeQuietly(); // who reads finds out
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
