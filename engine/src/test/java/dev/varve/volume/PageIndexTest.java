package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class PageIndexTest {
    private static final int OLD = 3;
    private static final int NEW = 4;
    private static final long PAGES = 1L << 22;

    private final PageIndex index = new PageIndex();
    private final ReentrantLock gate = new ReentrantLock();

    /** Pages of the new segment, in groups that are forgotten, in others, and in some that come meanwhile. */
    @ParameterizedTest
    @CsvSource({"10, 0", "10, 5", "3000, 10", "40000, 0", "40000, 100", "40000, 30000", "1000, 60000"})
    void whatIsPutWhileOthersAreForgottenStays(int oldPages, int newPages) throws Exception {
        Random random = new Random(oldPages + newPages);
        Map<Long, Long> model = new HashMap<>();
        for (int i = 0; i < oldPages; i++) {
            long page = random.nextLong(PAGES);
            index.put(page, PageWord.data(OLD, 64, i));
            model.put(page, PageWord.NONE);
        }
        for (int i = 0; i < newPages; i++) {
            put(model, random.nextLong(PAGES), PageWord.data(NEW, 64, i));
        }
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread folder = new Thread(() -> index.forgetAll(slot -> slot == OLD, gate));
        folder.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
        folder.start();
        for (int i = 0; i < 100 || folder.isAlive(); i++) {
            gate.lock();
            try {
                long page = random.nextLong(PAGES);
                if (i % 50 == 0) {
                    long end = Math.min(PAGES, page + 40);
                    index.putAll(page, end, PageWord.zeros(NEW));
                    for (long each = page; each < end; each++) {
                        model.put(each, PageWord.zeros(NEW));
                    }
                } else {
                    put(model, page, PageWord.data(NEW, 128, i));
                }
            } finally {
                gate.unlock();
            }
        }
        folder.join();
        assertThat(failure.get()).isNull();
        model.forEach(
                (page, word) -> assertThat(index.get(page)).as("page %d", page).isEqualTo(word));
        for (long end : new long[] {PAGES, 1000, 17}) {
            long first = end / 3;
            assertThat(index.groups(first, end))
                    .containsExactly(Arrays.stream(index.groups())
                            .filter(group -> group >= PageIndex.group(first) && group <= PageIndex.group(end - 1))
                            .toArray());
        }
        assertThat(index.groups()).as("groups with a word").hasSize((int) model.entrySet().stream()
                .filter(each -> each.getValue() != PageWord.NONE)
                .map(each -> PageIndex.group(each.getKey()))
                .distinct()
                .count());
    }

    private void put(Map<Long, Long> model, long page, long word) {
        index.put(page, word);
        model.put(page, word);
    }

    /** Who waits for the gate waits for one batch, not for the whole index. */
    @Test
    void gateIsOpenedAgainAndAgain() {
        for (int i = 0; i < 100_000; i++) {
            index.put(16L * i, PageWord.data(i % 100 == 0 ? NEW : OLD, 64, i));
        }
        int[] opened = {0};
        index.forgetAll(slot -> slot == OLD, new ReentrantLock() {
            private static final long serialVersionUID = 1;

            @Override
            public void unlock() {
                opened[0]++;
                super.unlock();
            }
        });
        assertThat(opened[0]).isGreaterThan(100_000 / 64);
        assertThat(index.groups()).hasSize(1000);
    }
}
