package dev.varve.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers of bytes as people write and read them: powers of 1024 throughout. */
final class Sizes {
    private static final String LETTERS = "KMGTPE";
    private static final int GIB_SHIFT = 30;

    private Sizes() {}

    /**
     * Reads {@code 65536}, {@code 64K}, {@code 64KiB}, {@code 8G}, {@code 2T}; case does not matter.
     *
     * @throws IllegalArgumentException when it is none of these, or more than a {@code long} holds
     */
    static long parse(String text) {
        String upper = text.trim().toUpperCase(Locale.ROOT);
        int digits = 0;
        while (digits < upper.length() && Character.isDigit(upper.charAt(digits))) {
            digits++;
        }
        String unit = upper.substring(digits);
        int power = unit.isEmpty() ? 0 : LETTERS.indexOf(unit.charAt(0)) + 1;
        boolean knownUnit = unit.isEmpty()
                || power > 0 && (unit.length() == 1 || unit.substring(1).equals("IB"));
        if (digits == 0 || !knownUnit) {
            throw new IllegalArgumentException("'" + text + "' is not a size: write 65536, 64K, 8G or 8GiB");
        }
        try {
            return Math.multiplyExact(Long.parseLong(upper.substring(0, digits)), 1L << (10 * power));
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is too large", e);
        }
    }

    /** Three digits or so and a unit: {@code 512 B}, {@code 8 GiB}, {@code 1.4 GiB}, {@code 460 MiB}. */
    static String format(long bytes) {
        if (bytes < 1024) {
            return bytes + " B";
        }
        int power = (63 - Long.numberOfLeadingZeros(bytes)) / 10;
        double value = (double) bytes / (1L << (10 * power));
        long tenths = Math.round(value * 10);
        String decimal = value >= 99.95 || tenths % 10 == 0 ? "" : "." + tenths % 10;
        long whole = decimal.isEmpty() ? Math.round(value) : tenths / 10;
        return whole + decimal + " " + LETTERS.charAt(power - 1) + "iB";
    }

    /** The same in whole GiB, rounded up. */
    static long parseGib(String text) {
        long bytes = parse(text);
        return (bytes >> GIB_SHIFT) + ((bytes & (1L << GIB_SHIFT) - 1) == 0 ? 0 : 1);
    }

    /** Reads a volume's size in GiB, as {@link Converter} does. */
    static final class GibConverter implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            long gib;
            try {
                gib = parseGib(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
            if (gib == 0) {
                throw new TypeConversionException("'" + value + "' is no size of a volume: write 8G or 8GiB");
            }
            return gib;
        }
    }

    /** Reads an option's value; what is wrong with it is a usage error. */
    static final class Converter implements ITypeConverter<Long> {
        @Override
        public Long convert(String value) {
            try {
                return parse(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }
}
