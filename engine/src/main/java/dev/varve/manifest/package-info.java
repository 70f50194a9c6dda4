/**
 * What a disk holds, as a sparse Merkle tree from block index to chunk id: the one door out of the chunk store ({@link
 * dev.varve.manifest.ManifestReader}) and the one door in ({@link dev.varve.manifest.ManifestWriter}).
 *
 * <p>{@link dev.varve.manifest.Manifests} hands both out for a store, compares and proves and walks manifests.
 */
@NullMarked
package dev.varve.manifest;

import org.jspecify.annotations.NullMarked;
