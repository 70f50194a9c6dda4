package dev.varve.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkTableTest {
    private static final int MANY = 100_000;

    private final ChunkTable table = new ChunkTable();

    /** Ids in order, of which the first bits are such that some buckets hold many. */
    private static List<ChunkId> ids(Random random, int count) {
        List<ChunkId> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] id = new byte[ChunkId.BYTES];
            random.nextBytes(id);
            if (i % 100 == 0) {
                id[0] = (byte) 0xFF;
                id[1] = (byte) 0xFF;
                id[2] = (byte) 0xF0;
            }
            ids.add(ChunkId.of(id, 0));
        }
        ids.sort(null);
        return ids;
    }

    @Test
    void whatWasAddedIsFoundAndNothingElse() {
        List<ChunkId> ids = ids(new Random(1), MANY);
        List<ChunkId> others = ids(new Random(2), MANY);
        for (int domain : new int[] {0, 7, -1}) {
            for (int i = 0; i < ids.size(); i++) {
                table.add(new ChunkKey(domain, ids.get(i)), 1 + i);
            }
        }
        table.endAdding();
        for (int i = 0; i < ids.size(); i++) {
            int row = table.find(7, ids.get(i));
            assertThat(row).isEqualTo(MANY + i);
            assertThat(table.bytes(row)).isEqualTo(1 + i);
            assertThat(table.find(7, others.get(i))).isNegative();
        }
        assertThat(table.find(1, ids.get(0))).isNegative();
    }

    @Test
    void anEmptyTableHasNothing() {
        table.endAdding();
        assertThat(table.find(0, ids(new Random(1), 1).get(0))).isNegative();
        table.visit((bytes, first, last) -> assertThat(bytes).isZero());
    }

    @Test
    void whatIsOutOfOrderIsRefused() {
        List<ChunkId> ids = ids(new Random(1), 3);
        table.add(new ChunkKey(0, ids.get(2)), 1);
        table.add(new ChunkKey(1, ids.get(2)), 1);
        assertThatIllegalArgumentException().isThrownBy(() -> table.add(new ChunkKey(0, ids.get(2)), 1));
        table.add(new ChunkKey(2, ids.get(2)), 1);
        assertThatIllegalArgumentException().isThrownBy(() -> table.add(new ChunkKey(2, ids.get(0)), 1));
    }

    @Test
    void blocksAreCountedHoweverManyTheyAre() {
        int bytes = (1 << 20) - 1;
        table.add(new ChunkKey(0, ids(new Random(1), 1).get(0)), bytes);
        table.endAdding();
        for (int disk : new int[] {3, 5, 0, ChunkTable.MAX_DISKS}) {
            for (int blocks = 1; blocks < 40; blocks++) {
                for (int i = 0; i < blocks; i++) {
                    assertThat(table.come(0, disk)).isEqualTo(i == 0);
                }
                for (int i = blocks; i > 0; i--) {
                    assertThat(table.gone(0, disk)).isEqualTo(i == 1);
                }
            }
            assertThatIllegalStateException().isThrownBy(() -> table.gone(0, disk));
        }
        table.visit((stored, first, last) -> {
            assertThat(stored).isEqualTo(bytes);
            assertThat(first).isEqualTo(3);
            assertThat(last).isEqualTo(ChunkTable.MAX_DISKS);
        });
    }
}
