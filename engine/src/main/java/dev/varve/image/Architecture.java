package dev.varve.image;

/** The processor an image is for. */
public enum Architecture {
    /** 32-bit x86. */
    I386("i386"),
    /** 64-bit x86. */
    X86_64("x86_64"),
    /** 64-bit Arm. */
    ARM64("arm64"),
    /** 64-bit x86, on a Mac. */
    X86_64_MAC("x86_64_mac"),
    /** 64-bit Arm, on a Mac. */
    ARM64_MAC("arm64_mac");

    private final String word;

    Architecture(String word) {
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
    public static Architecture of(String word) {
        for (Architecture each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException("no architecture: '" + word + "'");
    }
}
