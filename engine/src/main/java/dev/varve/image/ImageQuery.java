package dev.varve.image;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which images to list. Immutable: start from {@link #ALL} and say what differs.
 *
 * @param filters EC2's filters: values by name, with {@code *}, {@code ?} and {@code \}; names are {@code
 *     architecture}, {@code block-device-mapping.delete-on-termination} ({@code device-name}, {@code snapshot-id}, {@code
 *     volume-size}, {@code volume-type}), {@code creation-date}, {@code description}, {@code image-id}, {@code image-type},
 *     {@code is-public}, {@code name}, {@code owner-id}, {@code root-device-name}, {@code root-device-type}, {@code
 *     state}, {@code tag:KEY}, {@code tag-key}, {@code virtualization-type}
 * @param byCreation oldest first; otherwise in order of ids
 * @param maxResults images of a page at most, 5 to 1000
 * @param nextToken from the page before, or null
 */
public record ImageQuery(
        Map<String, List<String>> filters,
        boolean byCreation,
        int maxResults,
        @Nullable String nextToken) {
    /** All images, in order of ids, a thousand a page. */
    public static final ImageQuery ALL = new ImageQuery(Map.of(), false, 1000, null);

    /** Makes the filters unchangeable. */
    public ImageQuery {
        filters = Map.copyOf(filters);
    }

    /**
     * The same with one more filter.
     *
     * @param name of the filter
     * @param values of which one must match
     * @return the query
     */
    public ImageQuery withFilter(String name, String... values) {
        Map<String, List<String>> more = new TreeMap<>(filters);
        more.put(name, List.of(values));
        return new ImageQuery(more, byCreation, maxResults, nextToken);
    }

    /**
     * The same, oldest first.
     *
     * @return the query
     */
    public ImageQuery inOrderOfCreation() {
        return new ImageQuery(filters, true, maxResults, nextToken);
    }

    /**
     * The same with pages of another length.
     *
     * @param most 5 to 1000
     * @return the query
     */
    public ImageQuery withMaxResults(int most) {
        return new ImageQuery(filters, byCreation, most, nextToken);
    }

    /**
     * The page after another.
     *
     * @param token from that one
     * @return the query
     */
    public ImageQuery after(String token) {
        return new ImageQuery(filters, byCreation, maxResults, token);
    }
}
