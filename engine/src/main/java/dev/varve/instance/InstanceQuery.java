package dev.varve.instance;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which instances to list. Immutable: start from {@link #ALL} and say what differs.
 *
 * @param filters EC2's filters: values by name, with {@code *}, {@code ?} and {@code \\}; names are {@code
 *     architecture}, {@code block-device-mapping.delete-on-termination} ({@code device-name}, {@code volume-id}), {@code
 *     image-id}, {@code instance-id}, {@code launch-index}, {@code launch-time}, {@code owner-id}, {@code reservation-id},
 *     {@code root-device-name}, {@code root-device-type}, {@code tag:KEY}, {@code tag-key}, {@code virtualization-type}
 * @param byCreation oldest first; otherwise in order of ids
 * @param maxResults instances of a page at most, 5 to 1000
 * @param nextToken from the page before, or null
 */
public record InstanceQuery(
        Map<String, List<String>> filters,
        boolean byCreation,
        int maxResults,
        @Nullable String nextToken) {
    /** All instances, in order of ids, a thousand a page. */
    public static final InstanceQuery ALL = new InstanceQuery(Map.of(), false, 1000, null);

    /** Makes the filters unchangeable. */
    public InstanceQuery {
        filters = Map.copyOf(filters);
    }

    /**
     * The same with one more filter.
     *
     * @param name of the filter
     * @param values of which one must match
     * @return the query
     */
    public InstanceQuery withFilter(String name, String... values) {
        Map<String, List<String>> more = new TreeMap<>(filters);
        more.put(name, List.of(values));
        return new InstanceQuery(more, byCreation, maxResults, nextToken);
    }

    /**
     * The same, oldest first.
     *
     * @return the query
     */
    public InstanceQuery inOrderOfCreation() {
        return new InstanceQuery(filters, true, maxResults, nextToken);
    }

    /**
     * The same with pages of another length.
     *
     * @param most 5 to 1000
     * @return the query
     */
    public InstanceQuery withMaxResults(int most) {
        return new InstanceQuery(filters, byCreation, most, nextToken);
    }

    /**
     * The page after another.
     *
     * @param token from that one
     * @return the query
     */
    public InstanceQuery after(String token) {
        return new InstanceQuery(filters, byCreation, maxResults, token);
    }
}
