package dev.varve.chunk;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Names content in the plain domain: SHA-256 (FIPS 180-4), which the JDK computes with the processor's own
 * instructions. One object serves one thread at a time.
 */
public final class ChunkHasher {
    private final MessageDigest sha256;
    private final byte[] digest = new byte[ChunkId.BYTES];

    /** A hasher for one thread. */
    public ChunkHasher() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * The id of the bytes between position and limit; both stay as they are.
     *
     * @param content heap or direct; for a disk's last block already padded with zeros
     * @return its id
     */
    public ChunkId hash(ByteBuffer content) {
        sha256.update(content.duplicate());
        try {
            sha256.digest(digest, 0, digest.length);
        } catch (DigestException e) {
            throw new IllegalStateException("the digest has room", e);
        }
        return ChunkId.of(digest, 0);
    }
}
