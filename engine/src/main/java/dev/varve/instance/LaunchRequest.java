package dev.varve.instance;

import java.util.List;
import java.util.Map;

/**
 * Instances that are to be launched. Immutable: start from {@link #of} and say what differs.
 *
 * @param imageId an available image of the same scope
 * @param count how many instances, 1 to 1000
 * @param ids the ids they are to have, one each, or none for new ones
 * @param tags of each instance: values by key
 * @param volumeTags of each of their volumes: values by key
 */
public record LaunchRequest(
        String imageId, int count, List<String> ids, Map<String, String> tags, Map<String, String> volumeTags) {
    /** Instances of one launch at most. */
    public static final int MAX_COUNT = 1000;

    /** Makes ids and tags unchangeable. */
    public LaunchRequest {
        ids = List.copyOf(ids);
        tags = Map.copyOf(tags);
        volumeTags = Map.copyOf(volumeTags);
    }

    /**
     * One instance: new id, no tags.
     *
     * @param imageId an available image of the same scope
     * @return the request
     */
    public static LaunchRequest of(String imageId) {
        return new LaunchRequest(imageId, 1, List.of(), Map.of(), Map.of());
    }

    /**
     * The same with another number of instances.
     *
     * @param newCount 1 to {@value #MAX_COUNT}
     * @return the request
     */
    public LaunchRequest withCount(int newCount) {
        return new LaunchRequest(imageId, newCount, ids, tags, volumeTags);
    }

    /**
     * The same with ids given.
     *
     * @param newIds one for each instance: {@code i-} and 17 lower-case hexadecimal digits, or 8
     * @return the request
     */
    public LaunchRequest withIds(List<String> newIds) {
        return new LaunchRequest(imageId, count, newIds, tags, volumeTags);
    }

    /**
     * The same with other tags of the instances.
     *
     * @param newTags values by key
     * @return the request
     */
    public LaunchRequest withTags(Map<String, String> newTags) {
        return new LaunchRequest(imageId, count, ids, newTags, volumeTags);
    }

    /**
     * The same with other tags of the volumes.
     *
     * @param newTags values by key
     * @return the request
     */
    public LaunchRequest withVolumeTags(Map<String, String> newTags) {
        return new LaunchRequest(imageId, count, ids, tags, newTags);
    }
}
