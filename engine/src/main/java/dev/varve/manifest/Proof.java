package dev.varve.manifest;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Shows which chunk a block of a disk has, or that it is zeros, to somebody who has the manifest and no store: the nodes
 * on the way from the root, at most four and 66 KiB.
 *
 * @param block index of the block
 * @param nodes encoded nodes from the root down: to the leaf, or to the first node without a child for the block; none
 *     when the tree is empty
 */
public record Proof(long block, List<byte[]> nodes) {
    /** Keeps a list of its own. */
    public Proof {
        nodes = List.copyOf(nodes);
    }

    /**
     * Checks the proof, whoever made it. To check a block's bytes as well, compare their hash with the result.
     *
     * @param manifest names the disk, from a source that is trusted
     * @return the chunk's id, or null when the block is zeros
     * @throws ManifestException when the nodes do not lead from the manifest's root to the block, or there are too few
     *     or too many
     * @throws IndexOutOfBoundsException when the disk has no such block
     */
    public @Nullable ChunkId verify(Manifest manifest) throws ManifestException {
        Objects.checkIndex(block, manifest.blockCount());
        ChunkId expected = manifest.content().root();
        Place place = Place.root(manifest, NodeKind.CONTENT);
        for (int i = 0; i < nodes.size(); i++) {
            if (expected == null || place.level() < 0) {
                throw new ManifestException("proof of block " + block + ": " + (nodes.size() - i) + " nodes too many");
            }
            byte[] encoded = nodes.get(i);
            ChunkId found = new ChunkHasher().hash(ByteBuffer.wrap(encoded));
            if (!found.equals(expected)) {
                throw new ManifestException(
                        "proof of block " + block + ": expected node " + expected + ", found " + found);
            }
            Node node = NodeCodec.decode(found, encoded);
            node.requireAt(place);
            boolean isCovered = block < place.endKey();
            int child = Radix.child(block, place.level());
            expected = isCovered ? node.child(child) : null;
            place = place.child(child);
        }
        if (expected != null && place.level() >= 0) {
            throw new ManifestException("proof of block " + block + ": node " + expected + " is missing");
        }
        return expected;
    }
}
