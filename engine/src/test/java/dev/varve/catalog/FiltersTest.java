package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiltersTest {
    private static final Set<String> KNOWN = Set.of("name", "state");

    @ParameterizedTest
    @CsvSource({
        "abc, abc, true",
        "abc, abcd, false",
        "a*c, abbbc, true",
        "a*c, abbb, false",
        "*, '', true",
        "'', '', true",
        "'', a, false",
        "?, a, true",
        "?, '', false",
        "a?c*, abcdef, true",
        "*a*b*, xaxbx, true",
        "a\\*c, a*c, true",
        "a\\*c, abc, false",
        "a\\?c, abc, false",
        "a\\\\c, a\\c, true",
        "a\\, a\\, true",
        "**a, a, true"
    })
    void wildcards(String pattern, String text, boolean matches) {
        assertThat(Wildcard.matches(pattern, text)).isEqualTo(matches);
    }

    @Test
    void wildcardsAgreeWithRegularExpressions() {
        Random random = new Random(7);
        for (int i = 0; i < 100_000; i++) {
            String pattern = random(random, "ab*?");
            String text = random(random, "ab");
            String regex = pattern.replace("*", ".*").replace("?", ".");
            assertThat(Wildcard.matches(pattern, text))
                    .as("%s %s", pattern, text)
                    .isEqualTo(Pattern.matches(regex, text));
        }
    }

    private static String random(Random random, String letters) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(7); i > 0; i--) {
            text.append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }

    @Test
    void hostilePatternCostsLittle() {
        assertThat(Wildcard.matches("*a".repeat(500) + "b", "a".repeat(1000))).isFalse();
    }

    @Test
    void valuesAreAlternativesAndFiltersAreConditions() {
        Filters filters = Filters.of(
                Map.of("name", List.of("a*", "b"), "tag:env", List.of("prod"), "tag-key", List.of("e*")), KNOWN);

        assertThat(filters.match(name -> List.of("abc"), Map.of("env", "prod"))).isTrue();
        assertThat(filters.match(name -> List.of("x", "b"), Map.of("env", "prod")))
                .isTrue();
        assertThat(filters.match(name -> List.of("c"), Map.of("env", "prod"))).isFalse();
        assertThat(filters.match(name -> List.of("b"), Map.of("env", "test"))).isFalse();
        assertThat(filters.match(name -> List.of("b"), Map.of())).isFalse();
    }

    @Test
    void unknownNamesAndTooManyValuesAreRefused() {
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> Filters.of(Map.of("x", List.of("a")), KNOWN))
                .withMessage("The filter 'x' is invalid")
                .satisfies(e -> assertThat(e.code()).isEqualTo("InvalidParameterValue"));
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> Filters.of(Map.of("name", Collections.nCopies(201, "a")), KNOWN))
                .satisfies(e -> assertThat(e.code()).isEqualTo("FilterLimitExceeded"));
    }

    @Test
    void identityTellsFiltersApart() {
        assertThat(Filters.of(Map.of("name", List.of("a", "b")), KNOWN).identity())
                .isEqualTo(Filters.of(Map.of("name", List.of("b", "a")), KNOWN).identity())
                .isNotEqualTo(
                        Filters.of(Map.of("name", List.of("a,1:b")), KNOWN).identity())
                .isNotEqualTo(
                        Filters.of(Map.of("state", List.of("a", "b")), KNOWN).identity());
    }
}
