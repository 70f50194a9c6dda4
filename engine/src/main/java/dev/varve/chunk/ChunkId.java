package dev.varve.chunk;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * The name of a chunk within its key domain, and of a manifest node: 32 bytes of a hash of the content. Immutable.
 */
public final class ChunkId implements Comparable<ChunkId> {
    /** Length of an id in bytes. */
    public static final int BYTES = 32;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final long a;
    private final long b;
    private final long c;
    private final long d;

    private ChunkId(long a, long b, long c, long d) {
        this.a = a;
        this.b = b;
        this.c = c;
        this.d = d;
    }

    /**
     * The id held at a place of an array.
     *
     * @param bytes holds it, first byte first
     * @param offset where it starts
     * @return the id
     * @throws IndexOutOfBoundsException when fewer than 32 bytes stand there
     */
    public static ChunkId of(byte[] bytes, int offset) {
        return new ChunkId(
                (long) LONGS.get(bytes, offset),
                (long) LONGS.get(bytes, offset + 8),
                (long) LONGS.get(bytes, offset + 16),
                (long) LONGS.get(bytes, offset + 24));
    }

    /**
     * The id at the position of a buffer, which moves by 32 bytes.
     *
     * @param buffer big-endian, with at least 32 bytes left
     * @return the id
     */
    public static ChunkId read(ByteBuffer buffer) {
        if (buffer.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("the buffer must be big-endian");
        }
        return new ChunkId(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
    }

    /**
     * The id written as 64 hexadecimal digits.
     *
     * @param hex lower or upper case
     * @return the id
     * @throws IllegalArgumentException when the text is not an id
     */
    public static ChunkId parse(String hex) {
        if (hex.length() != 2 * BYTES) {
            throw new IllegalArgumentException("a chunk id has 64 hexadecimal digits: " + hex);
        }
        return of(HexFormat.of().parseHex(hex), 0);
    }

    /**
     * Writes the id at the position of a buffer, which moves by 32 bytes.
     *
     * @param buffer big-endian
     */
    public void write(ByteBuffer buffer) {
        if (buffer.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("the buffer must be big-endian");
        }
        buffer.putLong(a).putLong(b).putLong(c).putLong(d);
    }

    /**
     * Writes the id into an array.
     *
     * @param bytes takes it
     * @param offset where its first byte goes
     */
    public void write(byte[] bytes, int offset) {
        LONGS.set(bytes, offset, a);
        LONGS.set(bytes, offset + 8, b);
        LONGS.set(bytes, offset + 16, c);
        LONGS.set(bytes, offset + 24, d);
    }

    /**
     * The id as an array.
     *
     * @return 32 bytes of the caller's own
     */
    public byte[] toBytes() {
        byte[] bytes = new byte[BYTES];
        write(bytes, 0);
        return bytes;
    }

    @Override
    public int compareTo(ChunkId other) {
        int order = Long.compareUnsigned(a, other.a);
        order = order != 0 ? order : Long.compareUnsigned(b, other.b);
        order = order != 0 ? order : Long.compareUnsigned(c, other.c);
        return order != 0 ? order : Long.compareUnsigned(d, other.d);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChunkId id && a == id.a && b == id.b && c == id.c && d == id.d;
    }

    /**
     * A part of the id, for tables where it does no harm to take two ids for one.
     *
     * @return 64 bits
     */
    public long fingerprint() {
        return c;
    }

    /**
     * The first bits of the id, for tables that are in the order of ids.
     *
     * @return 64 bits, unsigned
     */
    public long prefix() {
        return a;
    }

    /** Any part of a hash is a hash. */
    @Override
    public int hashCode() {
        return (int) d;
    }

    /** 64 hexadecimal digits, lower case. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(toBytes());
    }
}
