package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyTableTest {
    @Test
    void randomCallsAgreeWithAMap() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int slots = 1 + random.nextInt(40);
            int collisions = 1 + random.nextInt(8);
            KeyTable table = new KeyTable(slots);
            Map<ChunkKey, Integer> model = new HashMap<>();
            Map<Integer, ChunkKey> held = new HashMap<>();
            for (int step = 0; step < 300; step++) {
                ChunkKey key = key(random.nextInt(3 * slots), collisions);
                int slot = random.nextInt(slots);
                if (!held.containsKey(slot) && !model.containsKey(key)) {
                    table.put(key, slot);
                    model.put(key, slot);
                    held.put(slot, key);
                } else if (random.nextBoolean()) {
                    table.remove(slot);
                    ChunkKey old = held.remove(slot);
                    if (old != null) {
                        model.remove(old);
                    }
                }
                ChunkKey asked = key(random.nextInt(3 * slots), collisions);
                assertThat(table.find(asked))
                        .as("seed %d, step %d", seed, step)
                        .isEqualTo(model.getOrDefault(asked, KeyTable.NONE));
                assertThat(table.size()).isEqualTo(model.size());
            }
            model.forEach((key, slot) -> assertThat(table.find(key)).isEqualTo(slot));
        }
    }

    /** Keys of which many have the same hash, or one that lies beside it. */
    private static ChunkKey key(int number, int collisions) {
        byte[] id = new byte[ChunkId.BYTES];
        id[0] = (byte) number;
        id[ChunkId.BYTES - 1] = (byte) (number / collisions);
        return new ChunkKey(0, ChunkId.of(id, 0));
    }
}
