package dev.varve.bench.volume;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlaceTest {
    private static final int SPAN = 1 << 20;
    private static final int LENGTH = 4096;

    @Test
    void randomPlacesAreWithinTheSpanAndDifferByThread() {
        Place one = new Place(SPAN, LENGTH, true, 0);
        Place other = new Place(SPAN, LENGTH, true, 1);
        int same = 0;
        for (int i = 0; i < 1000; i++) {
            long at = one.next();
            assertThat(at).isBetween(0L, (long) SPAN - LENGTH);
            assertThat(at % LENGTH).isZero();
            same += at == other.next() ? 1 : 0;
        }
        assertThat(same).isLessThan(100);
    }

    @Test
    void sequentialPlacesWrapAround() {
        Place place = new Place(2 * LENGTH, LENGTH, false, 0);
        assertThat(place.next()).isEqualTo(LENGTH);
        assertThat(place.next()).isZero();
        assertThat(place.next()).isEqualTo(LENGTH);
    }
}
