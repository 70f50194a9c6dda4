package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;

/** A small volume on files, of whose pages each is full of one byte. */
abstract class VolumeFixture {
    static final int SIZE = 4 << 20;

    /** Bytes of a record of one page. */
    static final int ONE_PAGE = 64 + Pages.BYTES;

    @TempDir
    Path tmp;

    final FileIo io = new FileIo();

    final VolumeRig files() {
        return VolumeRig.inFiles(() -> io, tmp.resolve("logs"), SIZE);
    }

    static void put(VolumeDevice device, int page, int value) throws IOException {
        put(device, page, 1, value);
    }

    static void put(VolumeDevice device, int page, int count, int value) throws IOException {
        byte[] bytes = new byte[count * Pages.BYTES];
        Arrays.fill(bytes, (byte) value);
        device.write(ByteBuffer.wrap(bytes), (long) page * Pages.BYTES);
    }

    /** The byte that a page is full of; throws where it can't be read. */
    static int get(VolumeDevice device, int page) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(Pages.BYTES);
        device.read(found, (long) page * Pages.BYTES);
        for (byte each : found.array()) {
            assertThat(each).as("page %d is whole", page).isEqualTo(found.get(0));
        }
        return found.get(0);
    }

    static VolumeLog log(SegmentSpace space, LogJournal journal, List<SegmentEntry> entries) throws IOException {
        LogState state = new LogState(entries, LogState.Start.FIRST, LogState.Start.FIRST);
        return VolumeLog.open(VolumeRig.ID, VolumeRig.home(space, journal), state, new Staging());
    }

    private Path file(long segment) {
        return tmp.resolve("logs").resolve(String.format("%08x.log", segment));
    }

    /** Rots the trailer of a segment's directory. */
    final void loseDirectory(long segment) throws IOException {
        flip(segment, Files.size(file(segment)) - LogSegment.TRAILER_BYTES);
    }

    final void flip(long segment, long offset) throws IOException {
        Path file = file(segment);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, offset);
            one.put(0, (byte) ~one.get(0));
            channel.write(one.flip(), offset);
        }
    }

    static String tryGet(VolumeRig rig, int page) {
        try {
            // not closed: the process is killed
            return Integer.toString(get(rig.open(), page));
        } catch (IOException e) {
            return "damaged";
        }
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("waited in vain");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
