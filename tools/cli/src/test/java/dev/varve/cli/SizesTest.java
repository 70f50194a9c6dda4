package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizesTest {
    @Test
    void volumesHaveWholeGibRoundedUp() {
        assertThat(Sizes.parseGib("1")).isEqualTo(1);
        assertThat(Sizes.parseGib("8G")).isEqualTo(8);
        assertThat(Sizes.parseGib("8GiB")).isEqualTo(8);
        assertThat(Sizes.parseGib("1025M")).isEqualTo(2);
        assertThat(Sizes.parseGib("2T")).isEqualTo(2048);
        assertThat(Sizes.parseGib("9223372036854775807")).isEqualTo(1L << 33);
    }

    @ParameterizedTest
    @CsvSource({
        "65536, 65536",
        "64K, 65536",
        "64KiB, 65536",
        "64kib, 65536",
        "8G, 8589934592",
        "8GiB, 8589934592",
        "2T, 2199023255552",
        "0, 0"
    })
    void sizesAreReadWithUnits(String text, long bytes) {
        assertThat(Sizes.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "K", "8X", "8GB", "-1", "1.5G", "8 G", "9999999999999999999", "9000000T", "8Ki"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Sizes.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "65536, 64 KiB",
        "481919000, 460 MiB",
        "8589934592, 8 GiB",
        "1503238553, 1.4 GiB",
        "9223372036854775807, 8 EiB"
    })
    void sizesAreWrittenShort(long bytes, String text) {
        assertThat(Sizes.format(bytes)).isEqualTo(text);
    }
}
