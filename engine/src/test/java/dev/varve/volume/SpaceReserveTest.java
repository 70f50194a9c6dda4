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
        LogJournal journal = new LogJournal() {
            @Override
            public void add(SegmentEntry segment) {
                entries.add(segment);
            }

            @Override
            public void replace(List<SegmentEntry> segments) {}
        };
        LogHome home = new LogHome(space, journal, LogUpkeep.NONE, new SpaceReserve(usable::get), BLOCK);
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
                log.release(frozen.layer());
            }
        }
    }
}
