package dev.varve.catalog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a listing.
 *
 * @param items in the listing's order; there may be none although more follow
 * @param nextToken where the next page starts, or null at the end
 * @param <T> an item
 */
public record Page<T>(List<T> items, @Nullable String nextToken) {
    /** Makes the items unchangeable. */
    public Page {
        items = List.copyOf(items);
    }
}
