package dev.varve.catalog;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Walks the records of a listing. A position is the last key that was looked at: what is inserted or deleted meanwhile
 * moves nothing, so no item comes twice and none that was there throughout is left out.
 */
final class Pager {
    /** Records that one page looks at before it ends with a token, though few or none of them passed the filters. */
    static final int MAX_SCANNED = 10_000;

    private static final int BATCH = 500;

    private final Catalog catalog;
    private final Listing listing;
    private final String prefix;

    Pager(Catalog catalog, Listing listing) {
        this.catalog = catalog;
        this.listing = listing;
        this.prefix = listing.byCreation()
                ? Keys.times(listing.kind(), listing.scope())
                : Keys.resources(listing.kind(), listing.scope());
    }

    <T> Page<T> page(ItemReader<T> reader) throws IOException {
        String token = listing.nextToken();
        String at = token == null ? "" : prefix + PageToken.position(token, listing.identity());
        List<T> items = new ArrayList<>();
        for (int scanned = 0; ; ) {
            int wanted = Math.min(BATCH, listing.maxResults() - items.size() + 1);
            List<Map.Entry<String, byte[]>> batch = catalog.records(prefix, at, wanted);
            for (Map.Entry<String, byte[]> entry : batch) {
                if (items.size() == listing.maxResults() || scanned == MAX_SCANNED) {
                    String position = at.substring(prefix.length());
                    return new Page<>(items, PageToken.encode(position, listing.identity()));
                }
                at = entry.getKey();
                scanned++;
                Resource resource = resource(entry);
                T item = resource == null ? null : reader.read(resource);
                if (item != null) {
                    items.add(item);
                }
            }
            if (batch.size() < wanted) {
                return new Page<>(items, null);
            }
        }
    }

    private @Nullable Resource resource(Map.Entry<String, byte[]> entry) throws IOException {
        return listing.byCreation()
                ? catalog.find(listing.kind(), listing.scope(), new String(entry.getValue(), StandardCharsets.US_ASCII))
                : Keys.parse("", listing.kind(), entry.getKey(), entry.getValue());
    }
}
