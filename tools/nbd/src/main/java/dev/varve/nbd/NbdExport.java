package dev.varve.nbd;

import java.util.Objects;

/**
 * What is told of a disk before it is opened.
 *
 * @param name what clients ask for; at most 4,096 bytes
 * @param description for people
 * @param sizeBytes length of the disk
 * @param isReadOnly whether it can't be written to
 * @param contexts the metadata contexts that can be selected
 */
public record NbdExport(String name, String description, long sizeBytes, boolean isReadOnly, MetaContexts contexts) {
    /** Checks what is there. */
    public NbdExport {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(description, "description");
        if (sizeBytes < 0) {
            throw new IllegalArgumentException(name + " has a size of " + sizeBytes);
        }
        Objects.requireNonNull(contexts, "contexts");
    }
}
