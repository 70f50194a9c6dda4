package dev.varve.volume;

import static dev.varve.volume.HeadTrim.MAX_LIVE_PAGES;
import static dev.varve.volume.HeadTrim.MIN_PAGES_PER_LIVE;
import static dev.varve.volume.HeadTrim.MIN_PAGES_PER_LIVE_IF_PRESSED;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** How much of a log's beginning is given back. */
class HeadTrimTest {
    private static final long SEGMENT_BYTES = 64L << 20;
    private static final int SEGMENT_PAGES = (int) (SEGMENT_BYTES >> Pages.SHIFT);

    /** Segments of one length, with so many pages each that are the newest. */
    private static int head(int pagesPerLive, long... live) {
        long[] bytes = new long[live.length];
        Arrays.fill(bytes, SEGMENT_BYTES);
        return HeadTrim.head(bytes, live, pagesPerLive);
    }

    @Test
    void whatWasAllOverwrittenGoes() {
        assertThat(head(MIN_PAGES_PER_LIVE, 0, 0, SEGMENT_PAGES, SEGMENT_PAGES)).isEqualTo(2);
    }

    @Test
    void moreMayBeLeftWhereThatIsTheSmallerHarm() {
        long sixteenth = SEGMENT_PAGES / 16;
        long[] live = {sixteenth, sixteenth, SEGMENT_PAGES, SEGMENT_PAGES};
        assertThat(head(MIN_PAGES_PER_LIVE, live)).isZero();
        assertThat(head(MIN_PAGES_PER_LIVE_IF_PRESSED, live)).isEqualTo(2);
    }

    /** What has much left goes where what is before it has little. */
    @Test
    void allThatGoesCountsTogether() {
        assertThat(head(MIN_PAGES_PER_LIVE, 0, 0, 0, SEGMENT_PAGES / 8, SEGMENT_PAGES))
                .isEqualTo(4);
        assertThat(head(MIN_PAGES_PER_LIVE, SEGMENT_PAGES / 8, 0, 0, 0, SEGMENT_PAGES))
                .isEqualTo(4);
    }

    @Test
    void smallPartIsNotWorthIt() {
        assertThat(head(MIN_PAGES_PER_LIVE, 0, SEGMENT_PAGES, SEGMENT_PAGES, SEGMENT_PAGES))
                .isEqualTo(1);
        assertThat(head(MIN_PAGES_PER_LIVE, 0, SEGMENT_PAGES, SEGMENT_PAGES, SEGMENT_PAGES, SEGMENT_PAGES))
                .isZero();
    }

    @Test
    void whatIsAppendedOnceMoreIsBounded() {
        long[] live = new long[100];
        Arrays.fill(live, SEGMENT_PAGES / MIN_PAGES_PER_LIVE);
        assertThat(head(MIN_PAGES_PER_LIVE, live)).isEqualTo(MAX_LIVE_PAGES * MIN_PAGES_PER_LIVE / SEGMENT_PAGES);
    }

    /** Also if nothing in it counts any more. */
    @Test
    void whatIsWrittenToStays() {
        assertThat(head(MIN_PAGES_PER_LIVE, 0)).isZero();
        assertThat(head(MIN_PAGES_PER_LIVE, 0, 0)).isEqualTo(1);
        assertThat(head(MIN_PAGES_PER_LIVE)).isZero();
    }

    @Test
    void roomIsScarceWhereLessIsFreeThanALogMayTake() throws IOException {
        SpaceReserve reserve = new SpaceReserve(() -> 5L << 30);
        LogLimits limits = new LogLimits(4L << 30);
        assertThat(limits.isRoomScarce()).isFalse();
        limits.free(reserve.keepFloor());
        assertThat(limits.isRoomScarce()).isFalse();
        SpaceReserve.Room room = reserve.room(1L << 30, 0);
        limits.free(reserve.keepFloor());
        assertThat(limits.isRoomScarce()).isTrue();
        room.end();
        limits.free(reserve.keepFloor());
        assertThat(limits.isRoomScarce()).isFalse();
    }
}
