package dev.varve.store;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.Codec;
import dev.varve.chunk.FrameHeader;
import java.nio.ByteBuffer;

/** Compares the content of frames with their names. For one thread. */
final class FrameContent {
    private final ChunkHasher hasher = new ChunkHasher();

    /** On the heap: the JDK hashes what is not in pieces of 4 KiB, each copied first. */
    private final ByteBuffer plain;

    FrameContent(int chunkSizeBytes) {
        plain = ByteBuffer.allocate(chunkSizeBytes);
    }

    /** What is wrong with an intact frame; an empty text when nothing is. Other key domains than the plain one can't be told. */
    String problem(FrameHeader header, ByteBuffer payload) {
        if (header.plainBytes() != plain.capacity()) {
            return "chunk of " + header.plainBytes() + " bytes";
        }
        if (header.key().domain() != ChunkKey.PLAIN) {
            return "";
        }
        try {
            Codec.of(header.codec()).decompress(payload, plain.clear());
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
        ChunkId found = hasher.hash(plain.flip());
        return found.equals(header.key().id()) ? "" : "content hashes to " + found + ", expected " + header.key();
    }
}
