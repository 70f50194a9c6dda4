package dev.varve.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What came with an option; each part is checked before it is taken. */
final class OptionData {
    private static final int MAX_QUERIES = 1024;

    private final ByteBuffer data;

    /** The option makes no sense, or can't be done; the client is told so. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        private final int reply;

        Refused(int reply, String message) {
            super(message);
            this.reply = reply;
        }

        /** The kind of reply. */
        int reply() {
            return reply;
        }
    }

    OptionData(byte[] data) {
        this.data = ByteBuffer.wrap(data);
    }

    private static Refused invalid(String message) {
        return new Refused(Protocol.REP_ERR_INVALID, message);
    }

    private void require(long bytes) throws Refused {
        if (bytes > data.remaining()) {
            throw invalid("the option ends before its data does");
        }
    }

    /** Nothing is left. */
    void end() throws Refused {
        if (data.hasRemaining()) {
            throw invalid("the option has " + data.remaining() + " bytes too many");
        }
    }

    int readShort() throws Refused {
        require(Short.BYTES);
        return Short.toUnsignedInt(data.getShort());
    }

    long readInt() throws Refused {
        require(Integer.BYTES);
        return Integer.toUnsignedLong(data.getInt());
    }

    /** A length and so many bytes of text. */
    String readString() throws Refused {
        return readString(readInt());
    }

    /** All that is left, as text. */
    String readAll() throws Refused {
        return readString(data.remaining());
    }

    private String readString(long bytes) throws Refused {
        require(bytes);
        if (bytes > Protocol.MAX_STRING_BYTES) {
            throw new Refused(
                    Protocol.REP_ERR_TOO_BIG,
                    "a string has " + bytes + " bytes; " + Protocol.MAX_STRING_BYTES + " are allowed");
        }
        ByteBuffer text = data.slice(data.position(), (int) bytes);
        data.position(data.position() + (int) bytes);
        try {
            String string = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(text)
                    .toString();
            if (string.indexOf('\0') >= 0) {
                throw invalid("a string has a NUL in it");
            }
            return string;
        } catch (CharacterCodingException e) {
            throw invalid("a string is not UTF-8");
        }
    }

    /** A number of queries, and the queries. */
    List<String> readQueries() throws Refused {
        long count = readInt();
        require(count * Integer.BYTES);
        if (count > MAX_QUERIES) {
            throw new Refused(Protocol.REP_ERR_TOO_BIG, count + " queries; " + MAX_QUERIES + " are allowed");
        }
        List<String> queries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            queries.add(readString());
        }
        end();
        return queries;
    }
}
