package dev.varve.catalog;

/** Where new ids come from. Called from many threads; an id that is taken already is asked for again. */
@FunctionalInterface
public interface IdSource {
    /** Hexadecimal digits of a new id. */
    int DIGITS = 17;

    /**
     * A new id.
     *
     * @param prefix such as {@code snap-}
     * @return the prefix followed by 17 lower-case hexadecimal digits
     */
    String next(String prefix);

    /**
     * Ids nobody can guess, which two stores will not share: 68 random bits.
     *
     * @return a source of its own
     */
    static IdSource random() {
        return new RandomIds();
    }
}
