package dev.varve.catalog;

import java.time.Instant;

/**
 * A thing with an id, as the catalog keeps it: what is common to all kinds, and a document that only its own package
 * understands.
 *
 * @param kind what it is
 * @param scope where it lives
 * @param id its id, unique in the store
 * @param created when it was made, to the millisecond
 * @param document everything else
 */
public record Resource(ResourceKind kind, Scope scope, String id, Instant created, Document document) {
    private static final String CREATED = "created";

    String key() {
        return Keys.resource(kind, scope, id);
    }

    String timeKey() {
        return Keys.time(kind, scope, created.toEpochMilli(), id);
    }

    byte[] encode() {
        return document.set(CREATED, created).encode();
    }

    static Resource decode(ResourceKind kind, Scope scope, String id, byte[] value) throws BadRecordException {
        return decode(Keys.resource(kind, scope, id), kind, scope, id, value);
    }

    static Resource decode(String key, ResourceKind kind, Scope scope, String id, byte[] value)
            throws BadRecordException {
        Document document = Document.decode(key, value);
        return new Resource(kind, scope, id, document.instant(CREATED), document);
    }
}
