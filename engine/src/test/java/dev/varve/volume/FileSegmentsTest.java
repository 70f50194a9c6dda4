package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FileIo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileSegmentsTest {
    private static final int SIZE = SegmentSpace.SIZES_BYTES.get(0);

    @TempDir
    Path folder;

    private FaultyFiles faults;
    private FileSegments space;

    @BeforeEach
    void makeSpace() throws IOException {
        faults = new FaultyFiles(1, folder.resolve("graves"));
        space = newSpace();
    }

    private FileSegments newSpace() {
        return VolumeRig.fileSegments(new FileIo(faults), folder.resolve("logs"));
    }

    private SegmentFile take() throws IOException {
        return space.take(SIZE, SegmentSpace.Use.RARELY_SYNCED);
    }

    @Test
    void segmentThatWasGivenBackLastIsTakenFirst() throws IOException {
        SegmentFile one = take();
        SegmentFile other = take();
        space.give(one);
        space.give(other);
        assertThat(take().number()).isEqualTo(other.number());
        assertThat(take().number()).isEqualTo(one.number());
    }

    /** Each new client of a server opens the log anew; if that made its segments strange, they would all be written afresh. */
    @Test
    void segmentOfThisProcessIsUsedAgainAlsoWhenItsLogWasOpenedMeanwhile() throws IOException {
        SegmentFile made = take();
        made.write(ByteBuffer.allocate(Pages.BYTES), 0);
        made.close();
        SegmentFile opened = space.open(made.number(), SIZE);
        space.give(opened);
        assertThat(take().number()).isEqualTo(made.number());
    }

    @Test
    void segmentOfAnEarlierProcessIsDeleted() throws IOException {
        SegmentFile made = take();
        made.close();
        space = newSpace();
        space.claim(Set.of(made.number()), true);
        space.give(space.open(made.number(), SIZE));
        assertThat(folder.resolve("logs").toFile().list()).isEmpty();
        assertThat(take().number()).isNotEqualTo(made.number());
    }

    @Test
    void segmentWhoseSyncHasFailedIsDeletedAlsoWhenItsLogWasOpenedMeanwhile() throws IOException {
        SegmentFile made = take();
        made.write(ByteBuffer.allocate(Pages.BYTES), 0);
        faults.failWhen((call, path) -> call == FaultyFiles.Call.SYNC);
        assertThatThrownBy(made::sync).isInstanceOf(IOException.class);
        faults.failNever();
        made.close();
        space.give(space.open(made.number(), SIZE));
        assertThat(folder.resolve("logs").toFile().list()).isEmpty();
    }

    @Test
    void segmentWhoseWriteHasFailedIsDeleted() throws IOException {
        SegmentFile made = take();
        faults.failWhen((call, path) -> call == FaultyFiles.Call.WRITE);
        assertThatThrownBy(() -> made.write(ByteBuffer.allocate(Pages.BYTES), 0))
                .isInstanceOf(IOException.class);
        faults.failNever();
        space.give(made);
        assertThat(folder.resolve("logs").toFile().list()).isEmpty();
    }

    /** Half of it stands on the disk; only for the other half there has to be room. */
    @Test
    void segmentThatWasWrittenInPartNeedsRoomForTheRestAlsoWhenItsLogWasOpenedMeanwhile() throws IOException {
        AtomicLong usable = new AtomicLong(SpaceReserve.FLOOR_BYTES + SIZE);
        space = new FileSegments(new FileIo(faults), folder.resolve("logs"), new SpaceReserve(usable::get));
        SegmentFile made = take();
        made.write(ByteBuffer.allocate(SIZE / 2), 0);
        usable.addAndGet(-SIZE / 2);
        made.close();
        space.give(space.open(made.number(), SIZE));
        assertThat(take().number()).isEqualTo(made.number());
        assertThatThrownBy(this::take).hasMessageContaining("No space left on device");
    }

    /** What comes first of a page and last of it may be in different records, and the page may not be in memory. */
    @Test
    void recordsAreWrittenInWholePages() throws IOException {
        HookedSpace hooked = new HookedSpace(space);
        List<Long> parts = new ArrayList<>();
        hooked.beforeWrite = (segment, bytes, offset) -> {
            if (offset % Pages.BYTES != 0 || bytes.remaining() % Pages.BYTES != 0) {
                parts.add(offset);
            }
        };
        Staging staging = new Staging();
        Random random = new Random(4);
        try (VolumeLog log = new VolumeRig(() -> hooked, SIZE).openLog(LogState.Start.FIRST)) {
            for (int i = 0; i < 150; i++) {
                if (i % 10 == 0) {
                    log.appendAll(RecordHeader.Type.ZEROS, i, 1, staging, VolumeLog.ALWAYS);
                } else {
                    ByteBuffer pages = ByteBuffer.allocateDirect((1 + random.nextInt(64)) << Pages.SHIFT);
                    log.append(i, pages, staging, VolumeLog.ALWAYS);
                }
            }
            assertThat(log.segmentCount()).isGreaterThan(1);
            assertThat(parts)
                    .as("directories, which end where the segment ends")
                    .hasSize(log.segmentCount() - 1);
        }
    }

    /** Its header is on the disk, and so is another record of its sequence, in the segment behind. */
    @Test
    void recordThatFoundNoRoomIsNotFoundLater() throws IOException {
        HookedSpace hooked = new HookedSpace(space);
        Staging staging = new Staging();
        VolumeRig rig = new VolumeRig(() -> hooked, SIZE);
        try (VolumeLog log = rig.openLog(LogState.Start.FIRST)) {
            log.append(0, page(), staging, VolumeLog.ALWAYS);
            hooked.beforeWrite = (segment, bytes, offset) -> writeOnePage(hooked, segment, bytes, offset);
            ByteBuffer pages = ByteBuffer.allocateDirect(8 << Pages.SHIFT);
            assertThatThrownBy(() -> log.append(20, pages, staging, VolumeLog.ALWAYS))
                    .hasMessageContaining("No space left on device");
            assertThat(pages.position()).isZero();
            log.flush(VolumeRig.freeze(log));
            log.append(30, page(), staging, VolumeLog.ALWAYS);
            log.flush();
        }
        try (VolumeLog log = rig.openLog(LogState.Start.FIRST)) {
            assertThat(log.word(0)).isNotEqualTo(PageWord.NONE);
            assertThat(log.word(20)).isEqualTo(PageWord.NONE);
            assertThat(log.word(30)).isNotEqualTo(PageWord.NONE);
        }
    }

    private static ByteBuffer page() {
        return ByteBuffer.allocateDirect(Pages.BYTES);
    }

    /** Writes a page of what is longer, and nothing of a directory. */
    private static void writeOnePage(HookedSpace hooked, SegmentFile segment, ByteBuffer bytes, long offset)
            throws IOException {
        if (bytes.remaining() > 2 * Pages.BYTES || offset % Pages.BYTES != 0) {
            if (offset % Pages.BYTES == 0) {
                HookedSpace.Hook again = hooked.beforeWrite;
                hooked.beforeWrite = (same, some, at) -> {};
                segment.write(bytes.duplicate().limit(bytes.position() + Pages.BYTES), offset);
                hooked.beforeWrite = again;
            }
            throw new IOException("No space left on device");
        }
    }
}
