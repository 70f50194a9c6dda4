package dev.varve.catalog;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Makes items of a listing.
 *
 * @param <T> an item
 */
@FunctionalInterface
public interface ItemReader<T> {
    /**
     * Makes one item.
     *
     * @param resource as recorded
     * @return the item, or null where the listing leaves it out
     * @throws IOException when the resource's document could not be understood
     */
    @Nullable
    T read(Resource resource) throws IOException;
}
