package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Readers beside a fold that releases what they read. */
class LogReaderTest extends VolumeFixture {
    private static final LogState.Start FIRST = LogState.Start.FIRST;

    private final Staging staging = new Staging();
    private HookedSpace space;
    private VolumeLog log;
    private VolumeLog.Frozen frozen;

    /** A log with pages of one value in a layer that is durable and will be released. */
    @BeforeEach
    void freeze() throws IOException {
        space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        log = new VolumeRig(() -> space, SIZE).openLog(FIRST);
        for (int page = 0; page < 8; page++) {
            log.append(page, page(1), staging, VolumeLog.ALWAYS);
        }
        frozen = VolumeRig.freeze(log);
        log.flush(frozen);
    }

    @AfterEach
    void close() throws IOException {
        log.close();
    }

    private static ByteBuffer page(int value) {
        ByteBuffer page = ByteBuffer.allocate(Pages.BYTES);
        while (page.hasRemaining()) {
            page.put((byte) value);
        }
        return page.flip();
    }

    /** The reader has the word and the file; before it has the bytes the segment is given away, and closed. */
    @Test
    void pageOfASegmentThatWentMeanwhileIsElsewhere() throws IOException {
        AtomicBoolean once = new AtomicBoolean();
        space.beforeRead = (segment, bytes, offset) -> {
            if (!once.getAndSet(true)) {
                log.release(log.segmentsUpTo(frozen.layer()));
            }
        };
        requireElsewhere();
    }

    /** The bytes come from a time when the file was another segment's already. */
    @Test
    void pageOfASegmentThatIsUsedAgainMeanwhileIsElsewhere() throws IOException {
        AtomicBoolean once = new AtomicBoolean();
        space.afterRead = (segment, bytes, offset) -> {
            if (!once.getAndSet(true)) {
                log.release(log.segmentsUpTo(frozen.layer()));
                bytes.put(page(2));
            }
        };
        requireElsewhere();
    }

    private void requireElsewhere() throws IOException {
        ByteBuffer dst = ByteBuffer.allocate(Pages.BYTES);
        assertThat(log.reader().read(3, log.word(3), 0, dst, Pages.BYTES, new Pages.Scratch()))
                .isFalse();
        assertThat(dst.position()).isZero();
        assertThat(log.word(3)).isEqualTo(PageWord.NONE);
    }

    @Test
    void segmentIsGivenAwayWhenNoWordNamesItAnyMore() {
        List<Long> named = new ArrayList<>();
        space.beforeGive = () -> {
            for (int page = 0; page < 8; page++) {
                if (log.word(page) != PageWord.NONE) {
                    named.add((long) page);
                }
            }
        };
        log.release(log.segmentsUpTo(frozen.layer()));
        assertThat(space.given).isOne();
        assertThat(named).isEmpty();
    }
}
