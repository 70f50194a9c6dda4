package dev.varve.chunk;

/**
 * A chunk's full name: its key domain and its id within that domain.
 *
 * @param domain 0 is the plain domain, in which an id is the SHA-256 of the content; others hold keys of their own
 * @param id the name within the domain
 */
public record ChunkKey(int domain, ChunkId id) {
    /** The key domain without a key: ids are SHA-256 of the plain bytes. */
    public static final int PLAIN = 0;

    /**
     * A name in the plain domain.
     *
     * @param id SHA-256 of the content
     * @return the name
     */
    public static ChunkKey plain(ChunkId id) {
        return new ChunkKey(PLAIN, id);
    }

    /**
     * A part of the name, for tables where it does no harm to take two names for one: of names in one domain it differs as
     * parts of their ids do, and of one id in two domains it always does. Sums of it are kept in stores.
     *
     * @return 64 bits; never 0, so that a table may have 0 where nothing is
     */
    public long fingerprint() {
        long bits = id.fingerprint() ^ (long) domain << Integer.SIZE;
        return bits == 0 ? 1 : bits;
    }

    // Written out, as a record's own pair is linked at run time: 15 ms of every command's start.

    @Override
    public boolean equals(Object other) {
        return other instanceof ChunkKey key && key.domain == domain && key.id.equals(id);
    }

    @Override
    public int hashCode() {
        return 31 * domain + id.hashCode();
    }

    /** The id's digits, with the domain before them where it is not the plain one. */
    @Override
    public String toString() {
        return domain == PLAIN ? id.toString() : Integer.toUnsignedString(domain) + ":" + id;
    }
}
