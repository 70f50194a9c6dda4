package dev.varve.instance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list of instances.
 *
 * @param instances in the list's order; there may be none although more follow
 * @param nextToken for {@link InstanceQuery#after}; null at the end. It stays good when the store is opened again
 */
public record InstancePage(
        List<Instance> instances, @Nullable String nextToken) {
    /** Makes the list unchangeable. */
    public InstancePage {
        instances = List.copyOf(instances);
    }
}
