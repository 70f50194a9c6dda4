package dev.varve;

import dev.varve.image.Images;
import dev.varve.instance.Instances;
import dev.varve.snapshot.Snapshots;
import dev.varve.volume.Volumes;

/**
 * Account and region: a namespace over chunks that all scopes share.
 *
 * @param account 12 digits
 * @param region such as {@code eu-west-1}
 * @param snapshots of the scope
 * @param images of the scope
 * @param volumes disks of the scope that read through the cache
 * @param instances of the scope
 */
public record EngineScope(
        String account, String region, Snapshots snapshots, Images images, Volumes volumes, Instances instances) {}
