package dev.varve.manifest;

import dev.varve.chunk.ChunkId;
import java.nio.charset.StandardCharsets;

/**
 * Who wrote a 512 KiB block last: an id such as a snapshot's, kept as it is so that a tree explains itself.
 *
 * @param id 1 to 32 printable ASCII characters, no space
 */
public record WriterStamp(String id) {
    /** Checks length and characters. */
    public WriterStamp {
        if (id.isEmpty() || id.length() > ChunkId.BYTES || !id.chars().allMatch(c -> isStampCharacter(c))) {
            throw new IllegalArgumentException("no writer stamp: \"" + id + "\" is not 1 to 32 printable characters");
        }
    }

    private static boolean isStampCharacter(int c) {
        return c > ' ' && c < 0x7f;
    }

    /** The id's characters, then zeros: what a leaf holds. */
    ChunkId toSlot() {
        byte[] slot = new byte[ChunkId.BYTES];
        byte[] ascii = id.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, slot, 0, ascii.length);
        return ChunkId.of(slot, 0);
    }

    /** The stamp that a leaf holds at a place; {@link #isSlot} is true there. */
    static WriterStamp ofSlot(byte[] bytes, int offset) {
        return new WriterStamp(new String(bytes, offset, length(bytes, offset), StandardCharsets.US_ASCII));
    }

    /** Whether 32 bytes are a stamp in the one form it has. */
    static boolean isSlot(byte[] bytes, int offset) {
        int length = length(bytes, offset);
        for (int i = length; i < ChunkId.BYTES; i++) {
            if (bytes[offset + i] != 0) {
                return false;
            }
        }
        return length > 0;
    }

    private static int length(byte[] bytes, int offset) {
        int length = 0;
        while (length < ChunkId.BYTES && isStampCharacter(bytes[offset + length])) {
            length++;
        }
        return length;
    }
}
