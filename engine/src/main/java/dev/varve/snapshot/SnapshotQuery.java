package dev.varve.snapshot;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which snapshots to list. Immutable: start from {@link #ALL} and say what differs.
 *
 * @param filters EC2's filters: values by name, with {@code *}, {@code ?} and {@code \}; names are {@code description},
 *     {@code encrypted}, {@code owner-id}, {@code progress}, {@code snapshot-id}, {@code start-time}, {@code status},
 *     {@code storage-tier}, {@code tag:KEY}, {@code tag-key}, {@code volume-id}, {@code volume-size}
 * @param byCreation oldest first; otherwise in order of ids
 * @param maxResults snapshots of a page at most, 5 to 1000
 * @param nextToken from the page before, or null
 */
public record SnapshotQuery(
        Map<String, List<String>> filters,
        boolean byCreation,
        int maxResults,
        @Nullable String nextToken) {
    /** All snapshots, in order of ids, a thousand a page. */
    public static final SnapshotQuery ALL = new SnapshotQuery(Map.of(), false, 1000, null);

    /** Makes the filters unchangeable. */
    public SnapshotQuery {
        filters = Map.copyOf(filters);
    }

    /**
     * The same with one more filter.
     *
     * @param name of the filter
     * @param values of which one must match
     * @return the query
     */
    public SnapshotQuery withFilter(String name, String... values) {
        Map<String, List<String>> more = new TreeMap<>(filters);
        more.put(name, List.of(values));
        return new SnapshotQuery(more, byCreation, maxResults, nextToken);
    }

    /**
     * The same, oldest first.
     *
     * @return the query
     */
    public SnapshotQuery inOrderOfCreation() {
        return new SnapshotQuery(filters, true, maxResults, nextToken);
    }

    /**
     * The same with pages of another length.
     *
     * @param most 5 to 1000
     * @return the query
     */
    public SnapshotQuery withMaxResults(int most) {
        return new SnapshotQuery(filters, byCreation, most, nextToken);
    }

    /**
     * The page after another.
     *
     * @param token from that one
     * @return the query
     */
    public SnapshotQuery after(String token) {
        return new SnapshotQuery(filters, byCreation, maxResults, token);
    }
}
