package dev.varve.image;

/** The kind of volume that a mapping asks for. */
public enum VolumeType {
    /** Magnetic. */
    STANDARD("standard"),
    /** General purpose: what EC2 takes unless told otherwise. */
    GP2("gp2"),
    /** General purpose, newer. */
    GP3("gp3"),
    /** Provisioned rate. */
    IO1("io1"),
    /** Provisioned rate, newer. */
    IO2("io2"),
    /** Cold. */
    SC1("sc1"),
    /** Throughput. */
    ST1("st1");

    private final String word;

    VolumeType(String word) {
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
    public static VolumeType of(String word) {
        for (VolumeType each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException("no volume type: '" + word + "'");
    }
}
