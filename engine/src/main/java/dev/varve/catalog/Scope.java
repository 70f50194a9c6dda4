package dev.varve.catalog;

import java.util.regex.Pattern;

/**
 * Account and region: a namespace of snapshots, images and volumes.
 *
 * @param account twelve digits
 * @param region lower-case letters, digits and hyphens, at most 32, such as {@code eu-west-1}
 */
public record Scope(String account, String region) {
    private static final Pattern ACCOUNT = Pattern.compile("[0-9]{12}");
    private static final Pattern REGION = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    /** Checks both names: they become parts of keys. */
    public Scope {
        if (!ACCOUNT.matcher(account).matches()) {
            throw new IllegalArgumentException("an account has 12 digits: '" + account + "'");
        }
        if (!REGION.matcher(region).matches()) {
            throw new IllegalArgumentException(
                    "a region has 1 to 32 lower-case letters, digits and hyphens: '" + region + "'");
        }
    }

    /** {@code ACCOUNT/REGION}, as in keys. */
    @Override
    public String toString() {
        return account + "/" + region;
    }

    /**
     * The scope written as {@code ACCOUNT/REGION}.
     *
     * @param text as {@link #toString} writes it
     * @return the scope
     * @throws IllegalArgumentException when the text is no scope
     */
    public static Scope parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("no scope: '" + text + "'");
        }
        return new Scope(text.substring(0, slash), text.substring(slash + 1));
    }
}
