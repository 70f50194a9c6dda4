package dev.varve;

import dev.varve.maintenance.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong in a store.
 *
 * @param message what, with file or id, expected and found
 * @param snapshotId the snapshot, or the volume, that has lost something by it, or null when none has
 * @param imageIds the images that name that snapshot, ordered
 * @param offsetBytes where on the snapshot's disk the loss starts; 0 when all is lost or nothing
 * @param lengthBytes length of the loss; 0 when it is not bytes of a disk
 */
public record CheckProblem(
        String message, @Nullable String snapshotId, List<String> imageIds, long offsetBytes, long lengthBytes) {
    /** Makes the list unchangeable. */
    public CheckProblem {
        imageIds = List.copyOf(imageIds);
    }

    static List<CheckProblem> of(List<Problem> problems) {
        return problems.stream()
                .map(each -> new CheckProblem(
                        each.message(), each.owner(), each.imageIds(), each.offsetBytes(), each.lengthBytes()))
                .toList();
    }
}
