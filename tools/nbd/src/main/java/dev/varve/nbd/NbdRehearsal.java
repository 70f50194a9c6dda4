package dev.varve.nbd;

import dev.varve.block.BlockDevice;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Reads a disk through a server as clients do, so that the JVM has compiled what serves them before the first one comes.
 * Interpreted, the first thousand reads of a process take twice as long.
 */
public final class NbdRehearsal {
    private static final long SEED = 1;
    private static final int MIN_READ_BYTES = 512;

    /** From 512 bytes, doubled, to 128 KiB: what guests read when they boot. */
    private static final int READ_SIZES = 9;

    private static final int MAX_READ_BYTES = MIN_READ_BYTES << READ_SIZES - 1;
    private static final int SERVER_HELLO_BYTES = 18;
    private static final int OPTION_REPLY_BYTES = 20;
    private static final int EXPORT_BYTES = 10;
    private static final int LENGTH_INDEX = 16;
    private static final int FLAGS_INDEX = 4;

    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(MAX_READ_BYTES + Protocol.CHUNK_BYTES);

    private NbdRehearsal(SocketChannel channel) {
        this.channel = channel;
    }

    /**
     * Reads at random offsets, sizes as guests have them, on the caller's thread.
     *
     * @param disk may be closed by the server, and is to be closed by the caller all the same
     * @param spanBytes of its beginning, where the reads are; from 128 KiB on
     * @param socket where none is yet; gone afterwards
     * @param reads how many
     * @param ends asked before each
     * @return how many there were
     * @throws IOException when the disk could not be served
     */
    public static int run(BlockDevice disk, long spanBytes, Path socket, int reads, BooleanSupplier ends)
            throws IOException {
        if (spanBytes < MAX_READ_BYTES || spanBytes > disk.sizeBytes()) {
            throw new IllegalArgumentException(spanBytes + " bytes of a disk of " + disk.sizeBytes());
        }
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
        try (NbdServer server = NbdServer.start(address, new OneDisk(disk), NbdOptions.DEFAULT);
                SocketChannel channel = SocketChannel.open(server.address())) {
            NbdRehearsal client = new NbdRehearsal(channel);
            client.shakeHands();
            Random random = new Random(SEED);
            int count = 0;
            while (count < reads && !ends.getAsBoolean()) {
                int length = MIN_READ_BYTES << random.nextInt(READ_SIZES);
                long offset = random.nextLong(spanBytes - length + 1) & -MIN_READ_BYTES;
                client.read(count++, offset, length);
            }
            return count;
        }
    }

    private void shakeHands() throws IOException {
        receive(SERVER_HELLO_BYTES);
        buffer.clear()
                .putInt(Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES)
                .putLong(Protocol.IHAVEOPT)
                .putInt(Protocol.OPT_STRUCTURED_REPLY)
                .putInt(0)
                .putLong(Protocol.IHAVEOPT)
                .putInt(Protocol.OPT_EXPORT_NAME)
                .putInt(0);
        send();
        receive(OPTION_REPLY_BYTES);
        receive(EXPORT_BYTES);
    }

    private void read(long cookie, long offsetBytes, int lengthBytes) throws IOException {
        buffer.clear()
                .putInt(Protocol.REQUEST_MAGIC)
                .putShort((short) 0)
                .putShort((short) Protocol.CMD_READ)
                .putLong(cookie)
                .putLong(offsetBytes)
                .putInt(lengthBytes);
        send();
        boolean isLast = false;
        while (!isLast) {
            receive(Protocol.CHUNK_BYTES);
            isLast = (buffer.getShort(FLAGS_INDEX) & Protocol.REPLY_FLAG_DONE) != 0;
            receive(buffer.getInt(LENGTH_INDEX));
        }
    }

    private void send() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private void receive(int lengthBytes) throws IOException {
        buffer.clear().limit(lengthBytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the server has ended the rehearsal");
            }
        }
    }

    /** The disk, without a name. */
    private record OneDisk(BlockDevice disk) implements ExportSource {
        @Override
        public List<NbdExport> list() {
            return List.of(find(""));
        }

        @Override
        public NbdExport find(String name) {
            return new NbdExport("", "", disk.sizeBytes(), false, MetaContexts.of(MetaContext.ALLOCATION));
        }

        @Override
        public BlockDevice open(String name) {
            return disk;
        }
    }
}
