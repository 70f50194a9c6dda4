package dev.varve.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentTest {
    private static final Instant WHEN = Instant.parse("2026-11-21T10:00:00.123456789Z");

    private static Document sample() {
        return new Document()
                .set("text", "ü \uD83D\uDE00 \"quoted\" \n")
                .set("number", Long.MAX_VALUE)
                .set("flag", true)
                .set("when", WHEN)
                .set("tags", Map.of("b", "2", "a", "1"))
                .set("list", List.of(new Document().set("n", 1), new Document().set("n", 2)));
    }

    @Test
    void comesBackAsItWent() throws Exception {
        Document read = Document.decode("key", sample().encode());

        assertThat(read.text("text")).isEqualTo("ü \uD83D\uDE00 \"quoted\" \n");
        assertThat(read.number("number")).isEqualTo(Long.MAX_VALUE);
        assertThat(read.flag("flag")).isTrue();
        assertThat(read.flag("other")).isFalse();
        assertThat(read.instant("when")).isEqualTo(WHEN);
        assertThat(read.optionalText("other")).isNull();
        assertThat(read.texts("tags")).containsExactly(Map.entry("a", "1"), Map.entry("b", "2"));
        assertThat(read.documents("list")).hasSize(2);
        assertThat(read.documents("list").get(1).number("n")).isEqualTo(2);
    }

    @Test
    void keepsFieldsItDoesNotKnow() throws Exception {
        byte[] newer = "{\"version\":1,\"known\":\"a\",\"future\":{\"x\":[1,{\"y\":true}]}}".getBytes(UTF_8);

        byte[] rewritten = Document.decode("key", newer).set("known", "b").encode();

        assertThat(new String(rewritten, UTF_8))
                .isEqualTo("{\"version\":1,\"known\":\"b\",\"future\":{\"x\":[1,{\"y\":true}]}}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "1",
                "{}",
                "{\"version\":1",
                "{\"version\":1}{}",
                "{\"version\":1} x",
                "{\"version\":0}",
                "{\"version\":2}",
                "{\"version\":\"1\"}",
                "{\"version\":1.0}",
                "{\"version\":1,\"a\":null}",
                "{\"version\":1,\"a\":0.5}",
                "{\"version\":1,\"a\":9223372036854775808}",
                "{\"version\":1,\"a\":99999999999999999999999999999999999999999999999}",
                "{\"version\":1,\"a\":1,\"a\":2}",
                "{\"version\":1,\"a\":\"\\ud800",
                "{\"version\":1,'a':1}",
                "{\"version\":1,\"a\":[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]}"
            })
    void badRecordIsNamed(String json) {
        assertThatExceptionOfType(BadRecordException.class)
                .isThrownBy(() -> Document.decode("snapshot/x", json.getBytes(UTF_8)))
                .withMessageContaining("'snapshot/x'");
    }

    @Test
    void wrongTypesAreNamed() throws Exception {
        Document document = Document.decode("key", sample().encode());

        assertThatExceptionOfType(BadRecordException.class)
                .isThrownBy(() -> document.number("text"))
                .withMessage("record 'key' is damaged: field 'text' is not a number");
        assertThatExceptionOfType(BadRecordException.class).isThrownBy(() -> document.text("missing"));
        assertThatExceptionOfType(BadRecordException.class).isThrownBy(() -> document.texts("list"));
        assertThatExceptionOfType(BadRecordException.class).isThrownBy(() -> document.documents("tags"));
        assertThatExceptionOfType(BadRecordException.class).isThrownBy(() -> document.instant("text"));
        assertThatExceptionOfType(BadRecordException.class).isThrownBy(() -> document.number("number", 0, 5));
    }

    @Test
    void anyBytesAreADocumentOrABadRecord() {
        byte[] good = sample().encode();
        Random random = new Random(1);
        for (int trial = 0; trial < 20_000; trial++) {
            byte[] bytes = Arrays.copyOf(good, random.nextInt(4) == 0 ? random.nextInt(good.length) : good.length);
            for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                Document document = Document.decode("key", bytes);
                document.texts("tags");
                document.documents("list");
            } catch (BadRecordException e) {
                assertThat(e).hasMessageContaining("'key");
            }
        }
    }

    @Test
    void hugeRecordsAreRefusedBothWays() {
        assertThatExceptionOfType(BadRecordException.class)
                .isThrownBy(() -> Document.decode("key", new byte[Json.MAX_BYTES + 1]));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new Document().set("a", "x".repeat(Json.MAX_BYTES)).encode());
    }
}
