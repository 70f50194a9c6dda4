package dev.varve.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/** Sends whole replies of one connection, one after the other. */
final class Sender {
    private final Link link;
    private volatile boolean isSending;
    private final ReentrantLock sending = new ReentrantLock();

    /** What sends one reply in several steps. */
    interface Steps {
        void run() throws IOException;
    }

    Sender(Link link) {
        this.link = link;
    }

    void send(ByteBuffer src) throws IOException {
        sending.lock();
        try {
            isSending = true;
            link.write(src);
        } finally {
            isSending = false;
            sending.unlock();
        }
    }

    /** Whether somebody is sending, or waits for the client to take what was sent. */
    boolean isSending() {
        return isSending;
    }

    /** Sends steps that nobody else's bytes are to come between. */
    void sendWhole(Steps steps) throws IOException {
        sending.lock();
        try {
            steps.run();
        } finally {
            sending.unlock();
        }
    }
}
