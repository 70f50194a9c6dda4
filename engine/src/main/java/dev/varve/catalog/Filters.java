package dev.varve.catalog;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which resources of a listing: each filter names an attribute and values for it. A resource passes when for every filter
 * one of its values of that attribute matches one of the filter's. Immutable.
 *
 * <p>In a filter's value {@code *} stands for any characters, {@code ?} for one, and a backslash takes the next
 * character as it is. {@code tag:KEY} is the value of one tag, {@code tag-key} the keys of all.
 */
public final class Filters {
    /** All resources. */
    public static final Filters NONE = new Filters(new TreeMap<>());

    /** Values of all filters at most, as with EC2. */
    public static final int MAX_VALUES = 200;

    private static final int MAX_VALUE_LENGTH = 1024;
    private static final String TAG = "tag:";
    private static final String TAG_KEY = "tag-key";

    private final TreeMap<String, List<String>> filters;

    /**
     * What a resource has to be filtered by.
     */
    @FunctionalInterface
    public interface Attributes {
        /**
         * The values of an attribute.
         *
         * @param name a known one
         * @return none, one or several
         */
        Collection<String> of(String name);
    }

    private Filters(TreeMap<String, List<String>> filters) {
        this.filters = filters;
    }

    /**
     * Filters as a request has them.
     *
     * @param filters values by name
     * @param known the names that may be used, beside those of tags
     * @return the filters
     * @throws Ec2Exception when a name is not known, or there are too many values
     */
    public static Filters of(Map<String, ? extends Collection<String>> filters, Set<String> known) {
        TreeMap<String, List<String>> checked = new TreeMap<>();
        int values = 0;
        for (Map.Entry<String, ? extends Collection<String>> each : filters.entrySet()) {
            String name = each.getKey();
            if (!known.contains(name) && !name.equals(TAG_KEY) && !isTag(name)) {
                throw Ec2Exception.invalidValue("The filter '" + name + "' is invalid");
            }
            values += each.getValue().size();
            for (String value : each.getValue()) {
                if (value.length() > MAX_VALUE_LENGTH) {
                    throw Ec2Exception.invalidValue("A value of the filter '" + name + "' is too long");
                }
            }
            checked.put(name, each.getValue().stream().sorted().toList());
        }
        if (values > MAX_VALUES) {
            throw new Ec2Exception("FilterLimitExceeded", "The maximum number of filter values is " + MAX_VALUES + ".");
        }
        return new Filters(checked);
    }

    private static boolean isTag(String name) {
        return name.startsWith(TAG) && name.length() > TAG.length();
    }

    /**
     * Whether a resource passes all filters.
     *
     * @param attributes what it has, of the known names
     * @param tags its tags
     * @return true when it is part of the listing
     */
    public boolean match(Attributes attributes, Map<String, String> tags) {
        for (Map.Entry<String, List<String>> filter : filters.entrySet()) {
            Collection<String> values = valuesOf(filter.getKey(), attributes, tags);
            if (values.stream().noneMatch(value -> matchesOne(filter.getValue(), value))) {
                return false;
            }
        }
        return true;
    }

    private static Collection<String> valuesOf(String name, Attributes attributes, Map<String, String> tags) {
        if (name.equals(TAG_KEY)) {
            return tags.keySet();
        }
        if (isTag(name)) {
            String value = tags.get(name.substring(TAG.length()));
            return value == null ? List.of() : List.of(value);
        }
        return attributes.of(name);
    }

    private static boolean matchesOne(List<String> patterns, String value) {
        return patterns.stream().anyMatch(pattern -> Wildcard.matches(pattern, value));
    }

    /** A text that two sets of filters share only when they are equal. */
    String identity() {
        StringBuilder identity = new StringBuilder();
        filters.forEach((name, values) -> {
            identity.append(name.length()).append(':').append(name);
            values.forEach(value ->
                    identity.append(',').append(value.length()).append(':').append(value));
            identity.append(';');
        });
        return identity.toString();
    }
}
