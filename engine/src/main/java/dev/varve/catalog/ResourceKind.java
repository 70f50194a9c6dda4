package dev.varve.catalog;

import java.util.regex.Pattern;

/** The kinds of things that have an id and live in a scope. */
public enum ResourceKind {
    /** A snapshot, {@code snap-}. */
    SNAPSHOT("snapshot", "snap-"),
    /** A machine image, {@code ami-}. */
    IMAGE("image", "ami-"),
    /** A volume, {@code vol-}. */
    VOLUME("volume", "vol-"),
    /** An instance, {@code i-}. */
    INSTANCE("instance", "i-");

    /** Digits of an id as AWS makes them since 2016, and before. */
    private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{17}|[0-9a-f]{8}");

    private final String word;
    private final String prefix;

    ResourceKind(String word, String prefix) {
        this.word = word;
        this.prefix = prefix;
    }

    /**
     * The kind as a word, which is how keys and documents name it.
     *
     * @return lower case
     */
    public String word() {
        return word;
    }

    /**
     * What ids of this kind start with.
     *
     * @return with the hyphen
     */
    public String prefix() {
        return prefix;
    }

    /**
     * Whether an id is never used again, so that one that has gone is told from one that never was.
     *
     * @return true for images
     */
    boolean keepsIds() {
        return this == IMAGE;
    }

    /**
     * Whether a text has the form of an id of this kind.
     *
     * @param id any text
     * @return true for the prefix followed by 17 lower-case hexadecimal digits, or by 8 as old ids have
     */
    public boolean isId(String id) {
        return id.startsWith(prefix)
                && DIGITS.matcher(id).region(prefix.length(), id.length()).matches();
    }

    /**
     * The kind of a word.
     *
     * @param word as {@link #word} gives it
     * @return the kind
     * @throws IllegalArgumentException when there is none
     */
    public static ResourceKind ofWord(String word) {
        for (ResourceKind kind : values()) {
            if (kind.word.equals(word)) {
                return kind;
            }
        }
        throw new IllegalArgumentException("no kind of resource: '" + word + "'");
    }
}
