package dev.varve.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;

/**
 * Changes that are being committed. Until it is known what becomes of one, nobody reads what it writes, and nobody writes
 * what it has read. Not thread-safe: all calls are made under the catalog's lock, but for waiting. There are as many
 * flights as threads that commit, so they are looked at one by one.
 */
final class Flights {
    private final List<Flight> flights = new ArrayList<>();

    /** One change being committed. */
    static final class Flight {
        private final TreeSet<String> written;
        private final Set<String> read;
        private final Set<String> listed;
        private final CountDownLatch landed = new CountDownLatch(1);

        private Flight(TreeSet<String> written, Set<String> read, Set<String> listed) {
            this.written = written;
            this.read = read;
            this.listed = listed;
        }

        private boolean writesBelow(String prefix) {
            String key = written.ceiling(prefix);
            return key != null && key.startsWith(prefix);
        }

        private boolean touches(String key) {
            return written.contains(key)
                    || read.contains(key)
                    || listed.stream().anyMatch(key::startsWith);
        }

        /** Waits for the end of the commit. An interrupt does not end the wait, and is kept. */
        void await() {
            boolean interrupted = false;
            while (true) {
                try {
                    landed.await();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A step has run into a flight: it starts over when that has landed. */
    static final class Conflict extends RuntimeException {
        private static final long serialVersionUID = 1;
        final transient Flight flight;

        private Conflict(Flight flight) {
            super("in flight", null, false, false);
            this.flight = flight;
        }
    }

    /**
     * A change takes off.
     *
     * @param written keys it puts or deletes
     * @param read keys it has read
     * @param listed prefixes it has listed
     */
    Flight start(TreeSet<String> written, Set<String> read, Set<String> listed) {
        Flight flight = new Flight(written, read, listed);
        flights.add(flight);
        return flight;
    }

    void land(Flight flight) {
        flights.remove(flight);
        flight.landed.countDown();
    }

    void checkRead(String key) {
        for (Flight flight : flights) {
            if (flight.written.contains(key)) {
                throw new Conflict(flight);
            }
        }
    }

    void checkList(String prefix) {
        for (Flight flight : flights) {
            if (flight.writesBelow(prefix)) {
                throw new Conflict(flight);
            }
        }
    }

    void checkWrite(String key) {
        for (Flight flight : flights) {
            if (flight.touches(key)) {
                throw new Conflict(flight);
            }
        }
    }
}
