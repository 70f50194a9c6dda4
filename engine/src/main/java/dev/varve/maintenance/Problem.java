package dev.varve.maintenance;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong in a store.
 *
 * @param message what, with file or id, expected and found
 * @param owner the id that has lost something by it, or null when none has
 * @param imageIds the images that name the owner, ordered
 * @param offsetBytes where on the owner's disk the loss starts; 0 when all is lost or nothing
 * @param lengthBytes length of the loss; 0 when it is not bytes of a disk
 */
public record Problem(
        String message, @Nullable String owner, List<String> imageIds, long offsetBytes, long lengthBytes) {
    /** Makes the list unchangeable. */
    public Problem {
        imageIds = List.copyOf(imageIds);
    }
}
