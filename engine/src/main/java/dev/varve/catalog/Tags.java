package dev.varve.catalog;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What tags may be. */
public final class Tags {
    /** Tags of a resource at most. */
    public static final int MAX_TAGS = 50;

    /** Characters of a key at most; the EBS direct API takes one fewer. */
    public static final int MAX_KEY = 128;

    /** Characters of a value at most; the EBS direct API takes one fewer. */
    public static final int MAX_VALUE = 256;

    private Tags() {}

    /**
     * Checks tags.
     *
     * @param tags values by key
     * @return the same, ordered by key, not to be changed
     * @throws Ec2Exception when they are too many, or one is not allowed
     */
    public static Map<String, String> check(Map<String, String> tags) {
        if (tags.size() > MAX_TAGS) {
            throw new Ec2Exception("TagLimitExceeded", "A resource can have at most " + MAX_TAGS + " tags.");
        }
        tags.forEach(Tags::check);
        return Collections.unmodifiableMap(new TreeMap<>(tags));
    }

    private static void check(String key, String value) {
        if (key.isEmpty() || length("Tag key", key) > MAX_KEY) {
            throw Ec2Exception.invalidValue("Tag key '" + key + "' must have 1 to " + MAX_KEY + " characters.");
        }
        if (key.startsWith("aws:")) {
            throw Ec2Exception.invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
        }
        if (length("Tag value", value) > MAX_VALUE) {
            throw Ec2Exception.invalidValue("The value of tag '" + key + "' exceeds " + MAX_VALUE + " characters.");
        }
    }

    /** Characters as Unicode counts them. */
    private static int length(String what, String text) {
        if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw Ec2Exception.invalidValue(what + " is not valid Unicode.");
        }
        return text.codePointCount(0, text.length());
    }
}
