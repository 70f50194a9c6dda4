package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpaceReserveTest {
    private static final int BLOCK = 64 << 10;
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private final AtomicLong usable = new AtomicLong();
    private final List<SegmentEntry> entries = new ArrayList<>();
    private final Staging staging = new Staging();

    private VolumeLog log() throws IOException {
        return log(new HeapSegments());
    }

    private VolumeLog log(SegmentSpace space) throws IOException {
        return log(space, new SpaceReserve(usable::get));
    }

    private VolumeLog log(SegmentSpace space, SpaceReserve reserve) throws IOException {
        LogJournal journal = new LogJournal() {
            @Override
            public void add(SegmentEntry segment) {
                entries.add(segment);
            }

            @Override
            public void remove(List<SegmentEntry> segments) {
                entries.removeAll(segments);
            }

            @Override
            public void replace(List<SegmentEntry> segments) {}
        };
        LogHome home = new LogHome(space, journal, LogUpkeep.NONE, reserve, BLOCK);
        return VolumeLog.open(VolumeRig.ID, home, LogState.EMPTY, staging);
    }

    private void writePage(VolumeLog log, long page) throws IOException {
        log.append(page, ByteBuffer.allocateDirect(Pages.BYTES), staging, VolumeLog.ALWAYS);
    }

    @Test
    void whoFirstTouchesABlockIsToldThatItsFoldWouldHaveNoRoom() throws IOException {
        usable.set(SpaceReserve.FLOOR_BYTES + 3 * MIB);
        try (VolumeLog log = log()) {
            int blocks = 0;
            IOException refused = null;
            while (refused == null) {
                try {
                    writePage(log, 16L * blocks);
                    blocks++;
                } catch (IOException e) {
                    refused = e;
                }
            }
            assertThat(refused).hasMessageContaining("No space left on device");
            assertThat(blocks).isEqualTo((int) (3 * MIB / BLOCK));
            assertThat(log.word(16L * blocks)).isEqualTo(PageWord.NONE);
            writePage(log, 1); // of a block that has its room
            long beyond = 16L * blocks;
            assertThatThrownBy(() -> log.appendAll(RecordHeader.Type.ZEROS, beyond, 1, staging, VolumeLog.ALWAYS))
                    .isInstanceOf(IOException.class);
            usable.addAndGet(MIB);
            writePage(log, beyond);
        }
    }

    @Test
    void folderIsNotFilledWithSegmentsUpToTheFloor() throws IOException {
        usable.set(SpaceReserve.FLOOR_BYTES + MIB - 1);
        FileSegments space = new FileSegments(new FileIo(), folder.resolve("logs"), new SpaceReserve(usable::get));
        try (VolumeLog log = log(space)) {
            assertThatThrownBy(() -> writePage(log, 0)).hasMessageContaining("No space left on device");
            assertThat(entries).isEmpty();
            usable.incrementAndGet();
            usable.addAndGet(BLOCK);
            writePage(log, 0);
        }
    }

    @Test
    void roomIsGivenBackWhenTheLayerIsInTheBase() throws IOException {
        usable.set(SpaceReserve.FLOOR_BYTES + 2 * MIB);
        try (VolumeLog log = log()) {
            for (int round = 0; round < 20; round++) {
                for (int i = 0; i < 16; i++) {
                    writePage(log, 16L * (16 * round + i));
                }
                VolumeLog.Frozen frozen = VolumeRig.freeze(log);
                log.flush(frozen);
                log.release(log.segmentsUpTo(frozen.layer()));
            }
        }
    }

    /** A range is trimmed, less than 64 MiB, and then written: the blocks are known, and nobody has promised them room. */
    @Test
    void whoWritesToWhatWasTrimmedReservesTheRoomOfItsFold() throws IOException {
        usable.set(SpaceReserve.FLOOR_BYTES + 3 * MIB);
        try (VolumeLog log = log()) {
            log.appendAll(RecordHeader.Type.ZEROS, 0, 16L * 512, staging, VolumeLog.ALWAYS); // 32 MiB
            assertThat(blocksWritten(log, 512)).isEqualTo((int) (3 * MIB / BLOCK));
        }
    }

    /** Zeros of a part of a page group that was trimmed before are no promise for what is written there later. */
    @Test
    void whoWritesToWhatWasTrimmedTwiceReservesTheRoomOfItsFold() throws IOException {
        usable.set(SpaceReserve.FLOOR_BYTES + 3 * MIB);
        try (VolumeLog log = log()) {
            log.appendAll(RecordHeader.Type.ZEROS, 0, 16L * 512, staging, VolumeLog.ALWAYS);
            for (int block = 0; block < 40; block++) {
                log.appendAll(RecordHeader.Type.ZEROS, 16L * block + 1, 1, staging, VolumeLog.ALWAYS);
            }
            assertThat(blocksWritten(log, 512)).isEqualTo((int) (3 * MIB / BLOCK));
        }
    }

    @Test
    void blockThatIsTrimmedAndWrittenInTurnsNeedsRoomOnce() throws IOException {
        usable.set(SpaceReserve.FLOOR_BYTES + 3 * MIB);
        try (VolumeLog log = log()) {
            for (int round = 0; round < 200; round++) {
                writePage(log, 0);
                log.appendAll(RecordHeader.Type.ZEROS, 0, 16, staging, VolumeLog.ALWAYS);
            }
        }
    }

    /** Writes a page of each block until the disk is full; how many. */
    private int blocksWritten(VolumeLog log, int most) {
        for (int block = 0; block < most; block++) {
            try {
                writePage(log, 16L * block);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("No space left");
                return block;
            }
        }
        return most;
    }

    /** A fold may be what finds no room. */
    @Test
    void keptSegmentsGoWhenTheFloorIsNotFree() throws IOException {
        usable.set(SpaceReserve.FLOOR_BYTES + 4 * MIB);
        SpaceReserve reserve = new SpaceReserve(usable::get);
        FileSegments space = new FileSegments(new FileIo(), folder.resolve("logs"), reserve);
        space.give(space.take(1 << 20, SegmentSpace.Use.OFTEN_SYNCED));
        usable.set(SpaceReserve.FLOOR_BYTES);
        reserve.keepFloor();
        assertThat(filesBytes()).isEqualTo(MIB);
        usable.decrementAndGet();
        reserve.keepFloor();
        assertThat(filesBytes()).isZero();
    }

    /** Of a kept one, what was not written takes room still. */
    @Test
    void keptSegmentNeedsRoomForItsHoles() throws IOException {
        usable.set(SpaceReserve.FLOOR_BYTES + MIB);
        FileSegments space = new FileSegments(new FileIo(), folder.resolve("logs"), new SpaceReserve(usable::get));
        SegmentFile half = space.take(1 << 20, SegmentSpace.Use.RARELY_SYNCED);
        half.write(ByteBuffer.allocate(1 << 19), 0);
        space.give(half);
        usable.addAndGet(-MIB / 2);
        SegmentFile again = space.take(1 << 20, SegmentSpace.Use.RARELY_SYNCED);
        assertThat(again.number()).isEqualTo(half.number());
        again.write(ByteBuffer.allocate(1 << 18), 0); // where it has been written before
        space.give(again);
        usable.decrementAndGet();
        assertThatThrownBy(() -> space.take(1 << 20, SegmentSpace.Use.RARELY_SYNCED))
                .hasMessageContaining("No space left on device");
        assertThat(filesBytes()).as("it went to make room").isZero();
    }

    private long filesBytes() {
        java.io.File[] files = folder.resolve("logs").toFile().listFiles();
        long bytes = 0;
        for (java.io.File file : files == null ? new java.io.File[0] : files) {
            bytes += file.length();
        }
        return bytes;
    }

    @Test
    void keptSegmentsGoWhenAPromiseNeedsTheirRoom() throws IOException {
        SpaceReserve reserve = new SpaceReserve(() -> SpaceReserve.FLOOR_BYTES + 66 * MIB - filesBytes());
        FileSegments space = new FileSegments(new FileIo(), folder.resolve("logs"), reserve);
        space.give(space.take(64 << 20, SegmentSpace.Use.RARELY_SYNCED)); // is kept for the next
        assertThat(filesBytes()).isEqualTo(64 * MIB);
        try (VolumeLog log = log(space, reserve)) {
            assertThat(blocksWritten(log, 100)).isEqualTo(100);
        }
    }

    /** A sparse segment takes no room before it is written, so that each of some logs would get one for the same room. */
    @Test
    void floorIsNotTakenBySparseSegments() throws IOException {
        usable.set(1L << 40);
        SpaceReserve reserve = new SpaceReserve(usable::get);
        FileSegments space = new FileSegments(new FileIo(), folder.resolve("logs"), reserve);
        ByteBuffer run = ByteBuffer.allocateDirect(64 * Pages.BYTES);
        List<VolumeLog> logs = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            VolumeLog log = log(space, reserve);
            while (log.bytes() < 17 * MIB
                    || log.segments().get(log.segments().size() - 1).endBytes() < 3 * MIB) {
                log.append(0, run.clear(), staging, VolumeLog.ALWAYS); // the same pages: 4 blocks are promised, once
            }
            log.flush(VolumeRig.freeze(log)); // the next record goes to a new segment
            logs.add(log);
        }
        long promised = 8 * 4 * BLOCK;
        usable.set(SpaceReserve.FLOOR_BYTES + promised + 20 * MIB);
        long written = 0;
        List<VolumeLog> open = new ArrayList<>(logs);
        while (!open.isEmpty() && usable.get() > 0) {
            for (VolumeLog log : List.copyOf(open)) {
                long before = log.bytes();
                try {
                    log.append(0, run.clear(), staging, VolumeLog.ALWAYS);
                } catch (IOException e) {
                    open.remove(log);
                }
                written += log.bytes() - before;
                usable.addAndGet(before - log.bytes());
            }
        }
        for (VolumeLog log : logs) {
            log.close();
        }
        assertThat(usable.get()).as("free when all writers were told").isGreaterThanOrEqualTo(SpaceReserve.FLOOR_BYTES);
        assertThat(written).as("what one was given a segment for").isGreaterThan(15 * MIB);
    }
}
