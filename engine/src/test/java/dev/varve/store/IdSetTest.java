package dev.varve.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IdSetTest {
    private static ChunkKey key(int domain, Random random) {
        byte[] id = new byte[ChunkId.BYTES];
        random.nextBytes(id);
        return new ChunkKey(domain, ChunkId.of(id, 0));
    }

    @Test
    void whatWasAddedIsFoundAndNothingElse() {
        Random random = new Random(5);
        IdSet set = IdSet.large();
        Set<ChunkKey> model = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            ChunkKey key = key(i % 3, random);
            assertThat(set.contains(key)).isFalse();
            assertThat(set.add(key)).isTrue();
            model.add(key);
        }
        assertThat(set.size()).isEqualTo(model.size());
        assertThat(model).allMatch(set::contains).noneMatch(set::add);
        ChunkKey one = model.iterator().next();
        assertThat(set.contains(new ChunkKey(one.domain() + 7, one.id()))).isFalse();
    }

    /** Ids whose 64 bits are zeros, or of which all have the same first byte. */
    @Test
    void idsThatSomebodyHasChosen() {
        IdSet set = IdSet.small();
        byte[] id = new byte[ChunkId.BYTES];
        ChunkKey zeros = ChunkKey.plain(ChunkId.of(id, 0));
        assertThat(set.contains(zeros)).isFalse();
        assertThat(set.add(zeros)).isTrue();
        assertThat(set.contains(zeros)).isTrue();
        for (int i = 2; i < 50_000; i++) {
            for (int k = 0; k < 4; k++) {
                id[23 - k] = (byte) (i >>> (8 * k));
            }
            assertThat(set.add(ChunkKey.plain(ChunkId.of(id, 0)))).isTrue();
        }
        assertThat(set.size()).isEqualTo(49_999);
    }

    @Test
    void claimsPastTheirBoundAreOfAll() {
        Random random = new Random(6);
        Claims claims = new Claims();
        ChunkKey never = key(0, random);
        assertThat(claims.contains(never)).isFalse();
        for (int i = 0; i <= 1 << 21; i++) {
            claims.add(key(0, random));
        }
        assertThat(claims.contains(never)).isTrue();
    }
}
