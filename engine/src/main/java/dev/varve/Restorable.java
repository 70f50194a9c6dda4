package dev.varve;

import dev.varve.catalog.RecycleBin;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import java.io.IOException;
import java.time.Instant;

/**
 * A snapshot, an image or a volume that was deleted and can be restored.
 *
 * @param id which it had, and has again
 * @param name of an image, description of a snapshot; or empty
 * @param deletedAt when that was, to the millisecond
 */
public record Restorable(String id, String name, Instant deletedAt) {
    static Restorable of(Resource resource) throws IOException {
        String field = resource.kind() == ResourceKind.IMAGE ? "name" : "description";
        String name = resource.document().optionalText(field);
        return new Restorable(resource.id(), name == null ? "" : name, RecycleBin.deletedAt(resource));
    }
}
