package dev.varve.control;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Makes a message: numbers of 8 bytes, big-endian; texts in UTF-8 after their length; bytes up to the end. */
final class BodyWriter {
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    BodyWriter number(long value) {
        body.writeBytes(ByteBuffer.allocate(Long.BYTES).putLong(0, value).array());
        return this;
    }

    BodyWriter flag(boolean value) {
        return number(value ? 1 : 0);
    }

    BodyWriter text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return number(bytes.length).bytes(bytes, 0, bytes.length);
    }

    /** Nothing comes after them. */
    BodyWriter bytes(byte[] bytes, int offset, int length) {
        body.write(bytes, offset, length);
        return this;
    }

    byte[] toBytes() {
        return body.toByteArray();
    }
}
