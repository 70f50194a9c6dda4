package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The checksum of two parts from those of each, against the JDK's over both. */
final class CrcShiftTest {
    private final Random random = new Random(20);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, Pages.SHIFT, 17})
    void checksumOfPartsIsThatOfTheWhole(int shift) {
        CrcShift behind = CrcShift.bytes(shift);
        for (int first : new int[] {0, 1, 16, 32, 5000}) {
            byte[] whole = new byte[first + (1 << shift)];
            random.nextBytes(whole);
            int parts = behind.apply(crc(whole, 0, first)) ^ crc(whole, first, whole.length);
            assertThat(parts).isEqualTo(crc(whole, 0, whole.length));
        }
    }

    private static int crc(byte[] bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(Arrays.copyOfRange(bytes, from, to));
        return (int) crc.getValue();
    }
}
