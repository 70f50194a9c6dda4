package dev.varve.cache;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SlotGenerationsTest {
    private final SlotGenerations generations = new SlotGenerations(10);

    @Test
    void slotThatWasNeverFilledAdmitsNobody() {
        assertThat(generations.admits(SlotGenerations.MISS)).isFalse();
        generations.beginFill(0);
        assertThat(generations.admits(SlotGenerations.MISS)).isFalse();
        assertThat(generations.word(0)).isEqualTo(SlotGenerations.MISS);
    }

    @Test
    void wordIsGoodUntilTheNextFillBegins() {
        generations.beginFill(7);
        long word = generations.endFill(7);
        assertThat(SlotGenerations.slot(word)).isEqualTo(7);
        assertThat(word).isEqualTo(generations.word(7)).isNotEqualTo(SlotGenerations.MISS);
        assertThat(generations.admits(word) && generations.stillAdmits(word)).isTrue();
        generations.beginFill(7);
        assertThat(generations.admits(word) || generations.stillAdmits(word)).isFalse();
        long next = generations.endFill(7);
        assertThat(next).isNotEqualTo(word);
        assertThat(generations.admits(word) || generations.stillAdmits(word)).isFalse();
        assertThat(generations.admits(next)).isTrue();
    }

    @Test
    void fillAfterOneThatFailedMakesANewWord() {
        generations.beginFill(1);
        long word = generations.endFill(1);
        generations.beginFill(1);
        generations.beginFill(1);
        assertThat(generations.admits(word)).isFalse();
        assertThat(generations.endFill(1)).isNotEqualTo(word);
    }

    @Test
    void revokedWordIsRefusedAndAnOldOneChangesNothing() {
        generations.beginFill(1);
        long word = generations.endFill(1);
        assertThat(generations.revoke(word)).isTrue();
        assertThat(generations.revoke(word)).isFalse();
        assertThat(generations.admits(word)).isFalse();
        generations.beginFill(1);
        long next = generations.endFill(1);
        assertThat(generations.revoke(word)).isFalse();
        assertThat(generations.admits(next)).isTrue();
    }
}
