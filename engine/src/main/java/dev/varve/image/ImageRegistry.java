package dev.varve.image;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Scope;
import dev.varve.snapshot.SnapshotRegistry;

/** The images of all scopes of one store. */
public final class ImageRegistry {
    private final Catalog catalog;
    private final SnapshotRegistry snapshots;

    /**
     * The images of a store.
     *
     * @param catalog keeps their records
     * @param snapshots of the same store
     */
    @RestrictedApi(explanation = "the engine makes it", allowedOnPath = ".*/engine/src/.*")
    public ImageRegistry(Catalog catalog, SnapshotRegistry snapshots) {
        this.catalog = catalog;
        this.snapshots = snapshots;
    }

    /**
     * The images of one scope.
     *
     * @param account 12 digits
     * @param region such as {@code eu-west-1}
     * @return a face without state: as many as wanted may be made
     */
    public Images in(String account, String region) {
        return new Images(catalog, snapshots.in(account, region), new Scope(account, region));
    }
}
