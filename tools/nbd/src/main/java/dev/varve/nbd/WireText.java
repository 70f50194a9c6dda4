package dev.varve.nbd;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** A text as it goes to a client. */
final class WireText {
    private static final int MAX_BYTES_PER_CHAR = 3;

    private WireText() {}

    /** UTF-8, as many whole characters of it as have room. */
    static ByteBuffer of(String text, int mostBytes) {
        int room = (int) Math.min(mostBytes, (long) MAX_BYTES_PER_CHAR * text.length());
        ByteBuffer bytes = ByteBuffer.allocate(room);
        StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .encode(CharBuffer.wrap(text), bytes, true);
        return bytes.flip();
    }
}
