package dev.varve.catalog;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/**
 * The keys of changes that are being committed: nobody reads or writes them until it is known what becomes of them. Not
 * thread-safe: all calls are made under the catalog's lock, but for waiting.
 */
final class Flights {
    private final TreeMap<String, Flight> keys = new TreeMap<>();

    /** One change being committed. */
    static final class Flight {
        private final List<String> keys;
        private final CountDownLatch landed = new CountDownLatch(1);

        private Flight(Collection<String> keys) {
            this.keys = List.copyOf(keys);
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

    /** A step has touched a key in flight: it starts over when that flight has landed. */
    static final class Conflict extends RuntimeException {
        private static final long serialVersionUID = 1;
        final transient Flight flight;

        private Conflict(Flight flight) {
            super("in flight", null, false, false);
            this.flight = flight;
        }
    }

    Flight start(Collection<String> changed) {
        Flight flight = new Flight(changed);
        changed.forEach(key -> keys.put(key, flight));
        return flight;
    }

    void land(Flight flight) {
        flight.keys.forEach(keys::remove);
        flight.landed.countDown();
    }

    void check(String key) {
        Flight flight = keys.get(key);
        if (flight != null) {
            throw new Conflict(flight);
        }
    }

    void checkPrefix(String prefix) {
        Map.Entry<String, Flight> entry = keys.ceilingEntry(prefix);
        if (entry != null && entry.getKey().startsWith(prefix)) {
            throw new Conflict(entry.getValue());
        }
    }
}
