package dev.varve.bench.volume;

import dev.varve.bench.Order;
import java.nio.ByteBuffer;

/**
 * Content like that of a system's disk, the same for the same block and seed: of 16 blocks about 2 are zeros, 6 text, 7 code
 * and 1 cannot be compressed. LZ4 makes a bit less than half of it.
 */
final class ImageContent {
    private static final int KINDS = 16;
    private static final int ZERO_KINDS = 2;
    private static final int TEXT_KINDS = 8;
    private static final int CODE_KINDS = 15;
    private static final int WORDS = 512;
    private static final int MOST_LETTERS = 9;
    private static final int TEMPLATES = 128;
    private static final int TEMPLATE_BYTES = 6;

    private final long seed;
    private final byte[][] words = new byte[WORDS][];
    private long state;

    ImageContent(long seed) {
        this.seed = seed;
        start(-1);
        for (int i = 0; i < WORDS; i++) {
            byte[] word = new byte[2 + below(MOST_LETTERS)];
            for (int j = 0; j < word.length; j++) {
                word[j] = (byte) ('a' + below(26));
            }
            word[word.length - 1] = (byte) (below(8) == 0 ? '\n' : ' ');
            words[i] = word;
        }
    }

    private void start(long block) {
        state = (seed + 1) * 0x9E3779B97F4A7C15L ^ (block + 2) * 0xBF58476D1CE4E5B9L | 1;
        for (int i = 0; i < 4; i++) {
            state = Order.next(state);
        }
    }

    private int below(int bound) {
        state = Order.next(state);
        return (int) ((state >>> 20) % bound);
    }

    /** Fills a buffer from 0 to its capacity with the content of a block. */
    ByteBuffer fill(long block, ByteBuffer buffer) {
        buffer.clear();
        start(block);
        int kind = below(KINDS);
        if (kind < ZERO_KINDS) {
            while (buffer.hasRemaining()) {
                buffer.put((byte) 0);
            }
        } else if (kind < TEXT_KINDS) {
            text(buffer);
        } else if (kind < CODE_KINDS) {
            code(buffer);
        } else {
            while (buffer.hasRemaining()) {
                buffer.put((byte) below(256));
            }
        }
        return buffer.flip();
    }

    private void text(ByteBuffer buffer) {
        while (buffer.hasRemaining()) {
            // few words are frequent, as in a language
            byte[] word = words[below(1 + below(WORDS))];
            buffer.put(word, 0, Math.min(word.length, buffer.remaining()));
        }
    }

    /** Instructions: some of few, each followed by bytes that differ. */
    private void code(ByteBuffer buffer) {
        byte[][] templates = new byte[TEMPLATES][TEMPLATE_BYTES];
        for (byte[] template : templates) {
            for (int i = 0; i < TEMPLATE_BYTES; i++) {
                template[i] = (byte) below(256);
            }
        }
        while (buffer.hasRemaining()) {
            byte[] template = templates[below(1 + below(TEMPLATES))];
            buffer.put(template, 0, Math.min(template.length, buffer.remaining()));
            if (buffer.hasRemaining() && below(2) == 0) {
                buffer.put((byte) below(256));
            }
        }
    }
}
