package dev.varve.image;

/** The firmware an image boots with. */
public enum BootMode {
    /** A BIOS. */
    LEGACY_BIOS("legacy-bios"),
    /** UEFI. */
    UEFI("uefi"),
    /** UEFI where there is one, otherwise a BIOS. */
    UEFI_PREFERRED("uefi-preferred");

    private final String word;

    BootMode(String word) {
        this.word = word;
    }

    /** As EC2 writes it. */
    @Override
    public String toString() {
        return word;
    }

    /**
     * The constant that EC2 writes so.
     *
     * @param word as {@link #toString} gives it
     * @return the constant
     * @throws IllegalArgumentException when there is none
     */
    public static BootMode of(String word) {
        for (BootMode each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException("no boot mode: '" + word + "'");
    }
}
