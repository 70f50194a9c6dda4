package dev.varve.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DamageTest {
    /** The background reads for the packs that it knows and for the one it is at: both meet the same bad block of the index. */
    @Test
    void whatIsMetTwiceIsToldOnce() {
        Damage damage = new Damage();
        damage.damage("a block of the index");
        damage.damage("a block of the index");
        damage.damage("another");
        assertThat(damage.others()).containsExactly("a block of the index", "another");
        assertThat(damage.count()).isEqualTo(2);
    }
}
