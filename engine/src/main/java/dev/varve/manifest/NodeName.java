package dev.varve.manifest;

import dev.varve.chunk.ChunkId;

/**
 * What to remember of a subtree that was walked: equal names hold equal things, wherever they stand, as long as the
 * disks are of one key domain.
 *
 * @param kind of the tree
 * @param level of the node at its top, 0 for a leaf
 * @param id of the node at its top
 */
public record NodeName(NodeKind kind, int level, ChunkId id) {}
