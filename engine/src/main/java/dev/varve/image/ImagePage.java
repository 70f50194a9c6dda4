package dev.varve.image;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list of images.
 *
 * @param images in the list's order; there may be none although more follow
 * @param nextToken for {@link ImageQuery#after}; null at the end. It stays good when the store is opened again
 */
public record ImagePage(List<Image> images, @Nullable String nextToken) {
    /** Makes the list unchangeable. */
    public ImagePage {
        images = List.copyOf(images);
    }
}
