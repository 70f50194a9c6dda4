package dev.varve;

import dev.varve.image.Images;
import dev.varve.snapshot.Snapshots;

/**
 * Account and region: a namespace of snapshots and images, over chunks that all scopes share.
 *
 * @param account 12 digits
 * @param region such as {@code eu-west-1}
 * @param snapshots of the scope
 * @param images of the scope
 */
public record EngineScope(String account, String region, Snapshots snapshots, Images images) {}
