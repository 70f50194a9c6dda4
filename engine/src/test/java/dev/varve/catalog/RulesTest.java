package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What scopes, ids, tags and descriptions may be. */
class RulesTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "12345678901", "1234567890123", "12345678901a", "１２３４５６７８９０１２", "12345678901/"})
    void badAccounts(String account) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Scope(account, "eu-west-1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "EU", "a/b", "-a", "a b", "abcdefghijklmnopqrstuvwxyz0123456"})
    void badRegions(String region) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Scope("123456789012", region));
    }

    @Test
    void scopeComesBackFromItsText() {
        assertThat(Scope.parse(Fixture.SCOPE.toString())).isEqualTo(Fixture.SCOPE);
    }

    @Test
    void idsHaveAPrefixAndDigits() {
        assertThat(ResourceKind.SNAPSHOT.isId("snap-0123456789abcdef0")).isTrue();
        assertThat(ResourceKind.SNAPSHOT.isId("snap-01234567")).isTrue();
        for (String bad : new String[] {
            "",
            "snap-",
            "snap-0123456789abcdef",
            "snap-0123456789ABCDEF0",
            "snap-0123456789abcdef00",
            "ami-01234567",
            "xsnap-01234567",
            "snap-01234567/"
        }) {
            assertThat(ResourceKind.SNAPSHOT.isId(bad)).as(bad).isFalse();
        }
    }

    @Test
    void randomIdsAreIdsAndDiffer() {
        IdSource ids = IdSource.random();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            String id = ids.next("snap-");
            assertThat(ResourceKind.SNAPSHOT.isId(id)).isTrue();
            assertThat(seen.add(id)).isTrue();
        }
    }

    @Test
    void tagsHaveLimits() {
        assertThat(Tags.check(Map.of("b", "", "a", "x".repeat(256)))).containsKeys("a", "b");
        assertThat(code(IntStream.range(0, 51).boxed().collect(Collectors.toMap(i -> "k" + i, i -> ""))))
                .isEqualTo("TagLimitExceeded");
        assertThat(code(Map.of("", "x"))).isEqualTo("InvalidParameterValue");
        assertThat(code(Map.of("k".repeat(129), "x"))).isEqualTo("InvalidParameterValue");
        assertThat(code(Map.of("k", "x".repeat(257)))).isEqualTo("InvalidParameterValue");
        assertThat(code(Map.of("aws:x", "x"))).isEqualTo("InvalidParameterValue");
        assertThat(code(Map.of("k", "\ud800"))).isEqualTo("InvalidParameterValue");
        assertThat(Tags.check(Map.of("\uD83D\uDE00".repeat(128), "\uD83D\uDE00".repeat(256))))
                .hasSize(1);
    }

    private static String code(Map<String, String> tags) {
        try {
            Tags.check(tags);
            return "none";
        } catch (Ec2Exception e) {
            return e.code();
        }
    }

    @Test
    void descriptionsAreShortAscii() {
        Descriptions.check("x".repeat(255));
        assertThatExceptionOfType(Ec2Exception.class).isThrownBy(() -> Descriptions.check("x".repeat(256)));
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> Descriptions.check("ü"))
                .withMessage("Character sets beyond ASCII are not supported.");
    }
}
