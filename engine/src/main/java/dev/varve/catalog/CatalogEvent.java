package dev.varve.catalog;

/**
 * Something that has become durably true of a resource.
 *
 * @param what happened
 * @param kind of the resource
 * @param scope of the resource
 * @param id of the resource
 */
public record CatalogEvent(What what, ResourceKind kind, Scope scope, String id) {
    /** What can happen to a resource. */
    public enum What {
        /** It has an id and a record. */
        CREATED,
        /** It is whole: a snapshot that can be read. */
        COMPLETED,
        /** It will never be whole. */
        FAILED,
        /** It is gone, unless it is restored. */
        DELETED,
        /** It was deleted, and is there again. */
        RESTORED
    }
}
