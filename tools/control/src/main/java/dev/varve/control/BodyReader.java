package dev.varve.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Takes a message apart; see {@link BodyWriter}. Whatever is not as it should be is an {@link IOException}. */
final class BodyReader {
    private final ByteBuffer body;

    BodyReader(byte[] body) {
        this.body = ByteBuffer.wrap(body);
    }

    long number() throws IOException {
        if (body.remaining() < Long.BYTES) {
            throw new IOException("a message is too short");
        }
        return body.getLong();
    }

    /** A number of a range. */
    int number(int lowest, int highest) throws IOException {
        long value = number();
        if (value < lowest || value > highest) {
            throw new IOException("a message has " + value + " where " + lowest + " to " + highest + " may stand");
        }
        return (int) value;
    }

    boolean flag() throws IOException {
        return number(0, 1) == 1;
    }

    String text() throws IOException {
        int length = number(0, body.remaining());
        if (length > body.remaining()) {
            throw new IOException("a message is too short");
        }
        ByteBuffer text = body.slice(body.position(), length);
        body.position(body.position() + length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(text).toString();
        } catch (CharacterCodingException e) {
            throw new IOException("a message has a text that is none", e);
        }
    }

    List<String> texts(int most) throws IOException {
        int count = number(0, most);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(text());
        }
        return texts;
    }

    /** All that is left. */
    ByteBuffer rest() {
        ByteBuffer rest = body.slice();
        body.position(body.limit());
        return rest;
    }

    /** Checks that there is nothing more. */
    void end() throws IOException {
        if (body.hasRemaining()) {
            throw new IOException("a message is too long");
        }
    }
}
