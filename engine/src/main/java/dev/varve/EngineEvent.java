package dev.varve;

import dev.varve.catalog.CatalogEvent;
import dev.varve.catalog.Resource;

/**
 * Something that has become durably true of a snapshot, an image or another thing with an id.
 *
 * @param what happened
 * @param resourceType what it happened to, as EC2 says it: {@code snapshot}, {@code image}, {@code volume}, {@code
 *     instance}
 * @param account 12 digits
 * @param region such as {@code eu-west-1}
 * @param id of the thing
 */
public record EngineEvent(What what, String resourceType, String account, String region, String id) {
    /** What can happen to a thing. */
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
        RESTORED,
        /** Some of its content is found to be lost. */
        DAMAGED
    }

    static EngineEvent damaged(Resource resource) {
        return new EngineEvent(
                What.DAMAGED,
                resource.kind().word(),
                resource.scope().account(),
                resource.scope().region(),
                resource.id());
    }

    static EngineEvent of(CatalogEvent event) {
        What what = switch (event.what()) {
            case CREATED -> What.CREATED;
            case COMPLETED -> What.COMPLETED;
            case FAILED -> What.FAILED;
            case DELETED -> What.DELETED;
            case RESTORED -> What.RESTORED;
        };
        return new EngineEvent(
                what,
                event.kind().word(),
                event.scope().account(),
                event.scope().region(),
                event.id());
    }
}
