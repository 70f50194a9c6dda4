package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EvictionQueuesTest {
    private static final int SLOTS = 200;

    private final int[] hashes = new int[SLOTS];
    private final EvictionQueues queues = new EvictionQueues(SLOTS, slot -> hashes[slot]);

    @Test
    void slotsThatHoldNothingAreTakenFirst() {
        Set<Integer> taken = new HashSet<>();
        for (int i = 0; i < SLOTS; i++) {
            taken.add(queues.takeFree());
        }
        assertThat(taken).hasSize(SLOTS).doesNotContain(EvictionQueues.NONE);
        assertThat(queues.takeFree()).isEqualTo(EvictionQueues.NONE);
        assertThat(queues.takeVictim()).isEqualTo(EvictionQueues.NONE);
        queues.free(7);
        queues.free(3);
        assertThat(List.of(queues.takeFree(), queues.takeFree())).containsExactlyInAnyOrder(3, 7);
        assertThat(queues.takeFree()).isEqualTo(EvictionQueues.NONE);
    }

    @Test
    void whatIsNeverUsedLeavesInOrder() {
        fill();
        List<Integer> victims = new ArrayList<>();
        for (int i = 0; i < SLOTS / 2; i++) {
            victims.add(queues.takeVictim());
        }
        assertThat(victims).isSorted().hasSize(SLOTS / 2).doesNotContain(EvictionQueues.NONE);
    }

    @Test
    void whatIsUsedOutlivesAScan() {
        fill();
        for (int slot = 0; slot < 20; slot++) {
            queues.touch(slot);
        }
        for (int hash = SLOTS; hash < 5 * SLOTS; hash++) {
            int slot = load(hash);
            assertThat(slot).isGreaterThanOrEqualTo(20);
            for (int page = 0; page < 16; page++) {
                queues.touch(slot); // of the same tick as its load: not a use
            }
        }
    }

    @Test
    void whatComesBackSoonEntersTheMainQueue() {
        fill();
        load(SLOTS); // slot 0 leaves, and is remembered
        int slot = load(0);
        for (int hash = SLOTS + 1; hash < 3 * SLOTS; hash++) {
            assertThat(load(hash)).isNotEqualTo(slot);
        }
    }

    @Test
    void noSlotIsLostOrHandedOutTwice() {
        Random random = new Random(1);
        Set<Integer> owned = new HashSet<>();
        int free = SLOTS;
        for (int step = 0; step < 50_000; step++) {
            queues.touch(random.nextInt(SLOTS));
            if (owned.size() < 10 && random.nextBoolean()) {
                int slot = queues.takeFree();
                if (slot == EvictionQueues.NONE) {
                    slot = queues.takeVictim();
                } else {
                    free--;
                }
                assertThat(owned.add(slot)).isTrue();
            } else if (!owned.isEmpty()) {
                int slot = owned.iterator().next();
                owned.remove(slot);
                if (random.nextInt(10) == 0) {
                    queues.free(slot);
                    free++;
                } else {
                    hashes[slot] = random.nextInt(3 * SLOTS);
                    queues.insert(slot);
                }
            }
            assertThat(queues.size() + owned.size() + free).isEqualTo(SLOTS);
        }
    }

    @Test
    void survivorsOutliveAScanAndWhatIsBetweenThemIsFree() {
        for (int slot = 0; slot < SLOTS - 10; slot += 2) {
            hashes[slot] = -slot;
            queues.adopt(slot);
        }
        Set<Integer> free = new HashSet<>();
        for (int slot = queues.takeFree(); slot != EvictionQueues.NONE; slot = queues.takeFree()) {
            free.add(slot);
            hashes[slot] = slot;
            queues.insert(slot);
        }
        assertThat(free).hasSize(SLOTS - (SLOTS - 10) / 2).allMatch(slot -> slot % 2 == 1 || slot >= SLOTS - 10);
        for (int hash = SLOTS; hash < 5 * SLOTS; hash++) {
            assertThat(free).contains(load(hash));
        }
    }

    @Test
    void survivorThatIsUsedOutlivesTheOthers() {
        for (int slot = 0; slot < SLOTS; slot++) {
            queues.adopt(slot);
        }
        queues.touch(3);
        for (int i = 0; i < SLOTS - 1; i++) {
            assertThat(queues.takeVictim()).isNotIn(3, EvictionQueues.NONE);
        }
        assertThat(queues.takeVictim()).isEqualTo(3);
    }

    @Test
    void ghostsAreForgottenWithAge() {
        GhostTable ghosts = new GhostTable(100);
        assertThat(ghosts.remove(0)).isFalse();
        for (int hash = 0; hash < 1000; hash++) {
            ghosts.add(spread(hash));
        }
        int remembered = 0;
        for (int hash = 0; hash < 1000; hash++) {
            boolean known = ghosts.remove(spread(hash));
            assertThat(known && hash < 899).isFalse();
            remembered += known ? 1 : 0;
        }
        assertThat(remembered).isGreaterThan(60);
        assertThat(ghosts.remove(spread(999))).isFalse();
    }

    private static int spread(int number) {
        return number * 0x9E3779B9;
    }

    private void fill() {
        for (int hash = 0; hash < SLOTS; hash++) {
            int slot = queues.takeFree();
            hashes[slot] = hash;
            queues.insert(slot);
        }
    }

    private int load(int hash) {
        int slot = queues.takeVictim();
        hashes[slot] = hash;
        queues.insert(slot);
        return slot;
    }
}
