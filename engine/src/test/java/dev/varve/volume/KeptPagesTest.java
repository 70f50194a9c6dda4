package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pages that are appended once more because their segment is to go. */
class KeptPagesTest extends VolumeFixture {
    private static final long[] ALL = LongStream.range(0, 200).toArray();

    private final Staging staging = new Staging();
    private final Pages.Scratch scratch = new Pages.Scratch();
    private HookedSpace space;
    private VolumeLog log;
    private VolumeLog.Frozen frozen;

    @BeforeEach
    void open() throws IOException {
        space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        log = new VolumeRig(() -> space, SIZE).openLog(LogState.Start.FIRST);
    }

    @AfterEach
    void close() throws IOException {
        log.close();
    }

    /** Each full of its number, some in one record and some in records of their own. */
    private void write(int firstPage, int count) throws IOException {
        ByteBuffer pages = ByteBuffer.allocate(count * Pages.BYTES);
        for (int page = firstPage; page < firstPage + count; page++) {
            byte[] bytes = new byte[Pages.BYTES];
            Arrays.fill(bytes, (byte) page);
            pages.put(bytes);
        }
        log.append(firstPage, pages.flip(), staging, VolumeLog.ALWAYS);
    }

    /** Keeps all that is in the log, and lets go where it was. */
    private void keepAndRelease() throws IOException {
        new KeptPages(log, log.segmentsUpTo(frozen.layer()), staging).keep(ALL);
        log.flush();
        log.release(log.segmentsUpTo(frozen.layer()));
    }

    private void freeze() throws IOException {
        frozen = VolumeRig.freeze(log);
        log.flush(frozen);
    }

    private void requireWhole(int firstPage, int endPage) throws IOException {
        for (int page = firstPage; page < endPage; page++) {
            ByteBuffer found = ByteBuffer.allocate(Pages.BYTES);
            log.reader().readFrozen(page, log.word(page), found, scratch);
            byte[] expected = new byte[Pages.BYTES];
            Arrays.fill(expected, (byte) page);
            assertThat(found.array()).as("page %d", page).isEqualTo(expected);
        }
    }

    /** What one record has, what several have, in another order than their pages, more than a record takes, and zeros. */
    @Test
    void allKindsAreKeptTogether() throws IOException {
        write(20, 10);
        write(0, 20);
        write(60, 1);
        write(40, 20);
        write(61, 100);
        log.appendAll(RecordHeader.Type.ZEROS, 30, 10, staging, VolumeLog.ALWAYS);
        log.appendAll(RecordHeader.Type.DAMAGED, 165, 3, staging, VolumeLog.ALWAYS);
        freeze();
        long before = log.bytes();

        keepAndRelease();

        requireWhole(0, 30);
        requireWhole(40, 161);
        assertThat(LongStream.range(30, 40)).allMatch(page -> PageWord.isZeros(log.word(page)));
        assertThat(LongStream.range(161, 165)).allMatch(page -> log.word(page) == PageWord.NONE);
        assertThat(LongStream.range(165, 168)).allMatch(page -> PageWord.isDamaged(log.word(page)));
        assertThat(log.bytes())
                .as("no more records than before, of %d bytes", before)
                .isLessThanOrEqualTo(before);
    }

    @Test
    void onlyTheRottenPageOfManyIsDamaged() throws IOException {
        write(0, 64);
        freeze();
        long segment = log.segments().get(0).file.number();
        flip(segment, PageWord.offsetBytes(log.word(7)) + 100);

        keepAndRelease();

        requireWhole(0, 7);
        requireWhole(8, 64);
        assertThat(PageWord.isDamaged(log.word(7))).isTrue();
    }

    /** One is written between the look at the log and the reading, in the middle of those that go together. */
    @Test
    void pageThatIsWrittenMeanwhileStaysNew() throws IOException {
        write(0, 64);
        freeze();
        AtomicBoolean once = new AtomicBoolean();
        space.beforeRead = (segment, bytes, offset) -> {
            if (!once.getAndSet(true)) {
                ByteBuffer page = ByteBuffer.allocate(Pages.BYTES).put(0, (byte) 77);
                log.append(9, page, new Staging(), VolumeLog.ALWAYS);
            }
        };

        keepAndRelease();

        requireWhole(0, 9);
        requireWhole(10, 64);
        ByteBuffer found = ByteBuffer.allocate(Pages.BYTES);
        log.reader().readFrozen(9, log.word(9), found, scratch);
        assertThat(found.get(0)).isEqualTo((byte) 77);
        assertThat(found.get(1)).isZero();
    }
}
