package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts for clients end with a whole character. */
class WireTextTest {
    @ParameterizedTest
    @CsvSource({
        "plain, 10, plain",
        "plain, 4, plai",
        "plain, 0, ''",
        "'', 4, ''",
        "a\u00e4b, 2, a",
        "a\u00e4b, 3, a\u00e4",
        "\u20ac\u20ac, 5, \u20ac",
        "x\ud83d\ude00, 4, x",
        "x\ud83d\ude00, 5, x\ud83d\ude00",
    })
    void isCutBetweenCharacters(String text, int mostBytes, String expected) {
        assertThat(StandardCharsets.UTF_8.decode(WireText.of(text, mostBytes)).toString())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"\ud83d, ?", "a\ude00b, a?b"})
    void halfACharacterIsReplaced(String text, String expected) {
        assertThat(StandardCharsets.UTF_8.decode(WireText.of(text, 10)).toString())
                .isEqualTo(expected);
    }
}
