package dev.varve.volume;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which volumes to list. Immutable: start from {@link #ALL} and say what differs.
 *
 * @param filters EC2's filters: values by name, with {@code *}, {@code ?} and {@code \}; names are {@code
 *     attachment.delete-on-termination} ({@code device}, {@code instance-id}, {@code status}), {@code create-time}, {@code encrypted}, {@code owner-id}, {@code size}, {@code snapshot-id}, {@code status}, {@code tag:KEY}, {@code
 *     tag-key}, {@code volume-id}
 * @param byCreation oldest first; otherwise in order of ids
 * @param maxResults volumes of a page at most, 5 to 1000
 * @param nextToken from the page before, or null
 */
public record VolumeQuery(
        Map<String, List<String>> filters,
        boolean byCreation,
        int maxResults,
        @Nullable String nextToken) {
    /** All volumes, in order of ids, a thousand a page. */
    public static final VolumeQuery ALL = new VolumeQuery(Map.of(), false, 1000, null);

    /** Makes the filters unchangeable. */
    public VolumeQuery {
        filters = Map.copyOf(filters);
    }

    /**
     * The same with one more filter.
     *
     * @param name of the filter
     * @param values of which one must match
     * @return the query
     */
    public VolumeQuery withFilter(String name, String... values) {
        Map<String, List<String>> more = new TreeMap<>(filters);
        more.put(name, List.of(values));
        return new VolumeQuery(more, byCreation, maxResults, nextToken);
    }

    /**
     * The same, oldest first.
     *
     * @return the query
     */
    public VolumeQuery inOrderOfCreation() {
        return new VolumeQuery(filters, true, maxResults, nextToken);
    }

    /**
     * The same with pages of another length.
     *
     * @param most 5 to 1000
     * @return the query
     */
    public VolumeQuery withMaxResults(int most) {
        return new VolumeQuery(filters, byCreation, most, nextToken);
    }

    /**
     * The page after another.
     *
     * @param token from that one
     * @return the query
     */
    public VolumeQuery after(String token) {
        return new VolumeQuery(filters, byCreation, maxResults, token);
    }
}
