package dev.varve.nbd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The disks that clients have: each is opened once, and closed when the last of its clients has gone. */
final class OpenExports {
    private static final Logger LOG = LoggerFactory.getLogger(OpenExports.class);

    private final ExportSource source;

    @GuardedBy("this")
    private final Map<String, Disk> disks = new HashMap<>();

    OpenExports(ExportSource source) {
        this.source = source;
    }

    /** A disk that somebody has. */
    final class Disk {
        private final NbdExport export;

        /** Who has it or waits for it. */
        @GuardedBy("OpenExports.this")
        private int users;

        /** With the monitor held. */
        private @Nullable BlockDevice device;

        private Disk(NbdExport export) {
            this.export = export;
        }

        NbdExport export() {
            return export;
        }

        /** The disk itself; only while it is held. */
        synchronized BlockDevice device() {
            BlockDevice open = device;
            if (open == null) {
                throw new IllegalStateException(export.name() + " is not open");
            }
            return open;
        }

        private synchronized void open() throws IOException {
            if (device == null) {
                device = source.open(export.name());
            }
        }

        private synchronized void close() {
            BlockDevice open = device;
            device = null;
            try {
                if (open != null) {
                    open.close();
                }
            } catch (IOException | RuntimeException e) {
                LOG.warn("{} could not be closed", export.name(), e);
            }
        }

        /** Lets go of it. Who comes for it while it is closed waits, and opens it again. */
        void leave() {
            synchronized (this) {
                if (change(-1) > 0) {
                    return;
                }
                close();
                synchronized (OpenExports.this) {
                    if (users == 0) {
                        disks.remove(export.name(), this);
                    }
                }
            }
        }

        private int change(int by) {
            synchronized (OpenExports.this) {
                users += by;
                return users;
            }
        }
    }

    ExportSource source() {
        return source;
    }

    /**
     * Holds a disk, and opens it if nobody has.
     *
     * @throws IOException when it can't be opened
     */
    Disk enter(NbdExport export) throws IOException {
        Disk disk;
        synchronized (this) {
            disk = disks.computeIfAbsent(export.name(), name -> new Disk(export));
            disk.change(1);
        }
        boolean opened = false;
        try {
            disk.open();
            opened = true;
            return disk;
        } finally {
            if (!opened) {
                disk.leave();
            }
        }
    }
}
