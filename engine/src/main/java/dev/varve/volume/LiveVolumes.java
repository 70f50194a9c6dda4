package dev.varve.volume;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The volumes that somebody works with: who has one open, and who folds it. The last one out closes it. */
final class LiveVolumes {
    private static final long WAIT_MILLIS = 50;

    private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();

    /** Opens a volume that nobody works with yet. */
    interface Opener {
        LiveVolume open() throws IOException;
    }

    private static final class Entry {
        /** Changed with the lock held. */
        private volatile @Nullable LiveVolume volume;

        @GuardedBy("this")
        private int users;

        /** Changed with the lock held; read without, by those who hold the catalog's, which comes after it. */
        private volatile boolean attached;

        @GuardedBy("this")
        private boolean gone;
    }

    /**
     * Comes to a volume; who does so leaves it by {@link #leave}.
     *
     * @param attach whether to have it alone among those who attach
     * @throws VolumeInUseException when it is attached already
     */
    LiveVolume use(String id, boolean attach, Opener opener) throws IOException {
        boolean interrupted = false;
        while (true) {
            Entry entry = entries.computeIfAbsent(id, unused -> new Entry());
            synchronized (entry) {
                if (entry.gone) {
                    continue;
                }
                if (attach && entry.attached) {
                    throw new VolumeInUseException(id);
                }
                LiveVolume volume = entry.volume;
                if (attach && volume != null && volume.hasFailed()) {
                    interrupted |= waitFor(entry);
                    continue;
                }
                if (volume == null) {
                    volume = open(id, entry, opener);
                }
                entry.users++;
                if (attach) {
                    entry.attached = true;
                }
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return volume;
            }
        }
    }

    /** Comes to a volume that somebody works with, and leaves it by {@link #leave}; null when nobody does: none is opened. */
    @Nullable
    LiveVolume join(String id) {
        Entry entry = entries.get(id);
        if (entry == null) {
            return null;
        }
        synchronized (entry) {
            LiveVolume volume = entry.gone ? null : entry.volume;
            if (volume != null) {
                entry.users++;
            }
            return volume;
        }
    }

    /** Waits until who works with a volume that has failed may have left; whether the wait was interrupted. */
    @GuardedBy("entry")
    private static boolean waitFor(Entry entry) {
        try {
            entry.wait(WAIT_MILLIS);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    @GuardedBy("entry")
    private LiveVolume open(String id, Entry entry, Opener opener) throws IOException {
        boolean done = false;
        try {
            LiveVolume volume = opener.open();
            entry.volume = volume;
            done = true;
            return volume;
        } finally {
            if (!done) {
                entry.gone = true;
                entries.remove(id, entry);
            }
        }
    }

    /**
     * Leaves a volume.
     *
     * @throws IOException when not all that was written is known to be durable; it is left all the same
     */
    void leave(String id, boolean attached) throws IOException {
        Entry entry = entries.get(id);
        if (entry == null) {
            return;
        }
        synchronized (entry) {
            entry.users--;
            if (attached) {
                entry.attached = false;
            }
            LiveVolume volume = entry.volume;
            if (entry.users == 0 && volume != null) {
                entry.gone = true;
                try {
                    volume.close();
                } finally {
                    entries.remove(id, entry);
                    entry.notifyAll();
                }
            } else if (attached && volume != null) {
                volume.harden();
            }
        }
    }

    /** A step during which nobody works with a volume; false when somebody does. */
    interface Alone {
        void run() throws IOException;
    }

    boolean alone(String id, Alone step) throws IOException {
        Entry entry = entries.computeIfAbsent(id, unused -> new Entry());
        synchronized (entry) {
            if (entry.gone || entry.volume != null) {
                return false;
            }
            run(id, entry, step);
            return true;
        }
    }

    /** The same, after who works with it without having it attached has left, as a fold; false when it is attached. */
    boolean aloneUnlessAttached(String id, Alone step) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                Entry entry = entries.computeIfAbsent(id, unused -> new Entry());
                synchronized (entry) {
                    if (entry.attached) {
                        return false;
                    }
                    if (entry.volume != null) {
                        interrupted |= waitFor(entry);
                    } else if (!entry.gone) {
                        run(id, entry, step);
                        return true;
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @GuardedBy("entry")
    private void run(String id, Entry entry, Alone step) throws IOException {
        entry.gone = true;
        try {
            step.run();
        } finally {
            entries.remove(id, entry);
        }
    }

    boolean isAttached(String id) {
        Entry entry = entries.get(id);
        return entry != null && entry.attached;
    }

    /** One that somebody works with; null when nobody does. */
    @Nullable
    LiveVolume find(String id) {
        Entry entry = entries.get(id);
        return entry == null ? null : entry.volume;
    }

    /** Those that somebody works with, at the moment. */
    List<LiveVolume> list() {
        List<LiveVolume> volumes = new ArrayList<>();
        for (Entry entry : entries.values()) {
            LiveVolume volume = entry.volume;
            if (volume != null) {
                volumes.add(volume);
            }
        }
        return volumes;
    }
}
