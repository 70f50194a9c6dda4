package dev.varve.manifest;

/**
 * A node and all below it, and the part of the disk that they describe.
 *
 * @param name of the node at the top
 * @param offsetBytes where the part starts
 * @param lengthBytes its length, positive; it ends with the disk
 */
public record Subtree(NodeName name, long offsetBytes, long lengthBytes) {}
