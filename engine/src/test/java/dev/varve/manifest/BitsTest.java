package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BitsTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void agreesWithABitSet(long seed) {
        Random random = new Random(seed);
        Bits bits = new Bits();
        BitSet model = new BitSet(Radix.FANOUT);
        for (int step = 0; step < 3000; step++) {
            int i = random.nextInt(Radix.FANOUT);
            if (random.nextInt(1000) < step / 3) {
                bits.set(i);
                model.set(i);
            } else {
                bits.clear(i);
                model.clear(i);
            }
            int at = random.nextInt(Radix.FANOUT + 1);
            assertThat(bits.rank(at)).isEqualTo(model.get(0, at).cardinality());
            int next = model.nextSetBit(at);
            assertThat(bits.next(at)).isEqualTo(next < 0 ? Radix.FANOUT : next);
            assertThat(bits.nextAbsent(at)).isEqualTo(Math.min(Radix.FANOUT, model.nextClearBit(at)));
            assertThat(bits.highest()).isEqualTo(model.length() - 1);
            assertThat(bits.count()).isEqualTo(model.cardinality());
            assertThat(bits.get(i)).isEqualTo(model.get(i));
        }
        byte[] encoded = new byte[Bits.BYTES + 5];
        bits.encode(encoded, 5);
        BitSet decoded = BitSet.valueOf(Arrays.copyOfRange(encoded, 5, encoded.length));
        assertThat(decoded).isEqualTo(model);
        Bits again = Bits.decode(encoded, 5);
        assertThat(again.rank(Radix.FANOUT)).isEqualTo(model.cardinality());
    }

    @Test
    void aFullNodeHasNoAbsentChild() {
        Bits bits = new Bits();
        for (int i = 0; i < Radix.FANOUT; i++) {
            bits.set(i);
        }
        assertThat(bits.nextAbsent(0)).isEqualTo(Radix.FANOUT);
        assertThat(bits.nextAbsent(Radix.FANOUT)).isEqualTo(Radix.FANOUT);
        assertThat(bits.count()).isEqualTo(Radix.FANOUT);
    }
}
