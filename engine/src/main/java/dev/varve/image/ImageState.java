package dev.varve.image;

/** How far an image is. */
public enum ImageState {
    /** It can be launched. */
    AVAILABLE("available"),
    /** It was never whole. */
    FAILED("failed"),
    /** Its owner forbids launching it. */
    DISABLED("disabled");

    private final String word;

    ImageState(String word) {
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
    public static ImageState of(String word) {
        for (ImageState each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException("no state of an image: '" + word + "'");
    }
}
