package dev.varve.volume;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list of volumes.
 *
 * @param volumes in the list's order; there may be none although more follow
 * @param nextToken for {@link VolumeQuery#after}; null at the end. It stays good when the store is opened again
 */
public record VolumePage(List<Volume> volumes, @Nullable String nextToken) {
    /** Makes the list unchangeable. */
    public VolumePage {
        volumes = List.copyOf(volumes);
    }
}
