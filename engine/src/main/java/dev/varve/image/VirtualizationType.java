package dev.varve.image;

/** How an image runs on its host. */
public enum VirtualizationType {
    /** On virtual hardware. */
    HVM("hvm"),
    /** With the help of its host, on a kernel given apart. */
    PARAVIRTUAL("paravirtual");

    private final String word;

    VirtualizationType(String word) {
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
    public static VirtualizationType of(String word) {
        for (VirtualizationType each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException("no virtualization type: '" + word + "'");
    }
}
