package dev.varve.catalog;

import org.jspecify.annotations.Nullable;

/**
 * What to list, and which page of it.
 *
 * @param kind of the resources
 * @param scope in which they live
 * @param byCreation in order of creation, oldest first; otherwise in order of ids
 * @param filters which of them: part of the listing's identity, applied by its {@link ItemReader}
 * @param maxResults items of a page at most
 * @param nextToken where the page starts, or null at the start
 */
public record Listing(
        ResourceKind kind,
        Scope scope,
        boolean byCreation,
        Filters filters,
        int maxResults,
        @Nullable String nextToken) {
    /** The fewest items a page may be limited to, as with EC2. */
    public static final int LEAST_RESULTS = 5;

    /** The most items of a page; who asks for more gets as many. */
    public static final int MOST_RESULTS = 1000;

    /** Checks the limit. */
    public Listing {
        if (maxResults < LEAST_RESULTS) {
            throw Ec2Exception.invalidValue("Invalid value '" + maxResults
                    + "' for maxResults. Expecting a value greater than " + LEAST_RESULTS + ".");
        }
        maxResults = Math.min(maxResults, MOST_RESULTS);
    }

    /** What all pages have in common. */
    String identity() {
        return kind.word() + ' ' + scope + ' ' + byCreation + ' ' + filters.identity();
    }
}
