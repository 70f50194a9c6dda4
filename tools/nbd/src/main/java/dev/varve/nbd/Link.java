package dev.varve.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes to and from one client. One thread reads and one writes at a time. */
interface Link extends Closeable {
    /**
     * Reads what has come, and waits while nothing has.
     *
     * @return bytes read; -1 when the client will send no more
     */
    int read(ByteBuffer dst) throws IOException;

    /** Sends all of it, and waits while the client takes none. */
    void write(ByteBuffer src) throws IOException;

    /** Has who reads find the end; what is to be sent still is. */
    void endInput() throws IOException;

    /** Ends all; who reads or writes gets an exception. */
    @Override
    void close() throws IOException;
}
