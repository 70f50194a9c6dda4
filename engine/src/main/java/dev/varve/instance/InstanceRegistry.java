package dev.varve.instance;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Scope;
import dev.varve.image.ImageRegistry;
import dev.varve.volume.VolumeRegistry;

/** The instances of all scopes of one store. */
public final class InstanceRegistry {
    private final Catalog catalog;
    private final ImageRegistry images;
    private final VolumeRegistry volumes;

    /**
     * The instances of a store.
     *
     * @param catalog keeps their records
     * @param images of the same store
     * @param volumes of the same store
     */
    @RestrictedApi(explanation = "the engine makes it", allowedOnPath = ".*/engine/src/.*")
    public InstanceRegistry(Catalog catalog, ImageRegistry images, VolumeRegistry volumes) {
        this.catalog = catalog;
        this.images = images;
        this.volumes = volumes;
    }

    /**
     * The instances of one scope.
     *
     * @param account 12 digits
     * @param region such as {@code eu-west-1}
     * @return a face without state: as many as wanted may be made
     */
    public Instances in(String account, String region) {
        return new Instances(
                catalog, images.in(account, region), volumes.in(account, region), new Scope(account, region));
    }
}
