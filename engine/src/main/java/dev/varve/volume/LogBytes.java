package dev.varve.volume;

import com.google.errorprone.annotations.RestrictedApi;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.catalog.BadRecordException;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.file.FileIo;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments of all logs of a store that nobody works with, by the nonces that its volumes' records have, for another
 * store's repair. The records are read once: about 150 bytes of heap a segment. For many threads.
 */
public final class LogBytes {
    private static final Logger LOG = LoggerFactory.getLogger(LogBytes.class);
    private static final String ENGINE = ".*/engine/src/.*";

    private final Store store;
    private final FileIo io;
    private final Path folder;

    /** Null before it is asked for first. */
    @GuardedBy("this")
    private @Nullable Map<String, SegmentEntry> segments;

    /**
     * The logs of a store.
     *
     * @param store has the records; stays open meanwhile
     * @param io opens files; closed by whoever made it
     * @param folder of the logs
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public LogBytes(Store store, FileIo io, Path folder) {
        this.store = store;
        this.io = io;
        this.folder = folder;
    }

    /**
     * A part of a segment, with zeros for what can't be read of its file.
     *
     * @param nonce of its life
     * @param offsetBytes where the part begins
     * @param lengthBytes from 1 to {@link LogSource#MAX_BYTES}
     * @return as many bytes; null when no volume's record has this nonce, the segment is not so long, or has no file
     * @throws IOException when the records can't be read, or the file can't be opened
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public synchronized byte @Nullable [] read(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException {
        if (offsetBytes < 0 || lengthBytes < 1 || lengthBytes > LogSource.MAX_BYTES) {
            throw new IllegalArgumentException("a part of " + lengthBytes + " bytes at " + offsetBytes);
        }
        SegmentEntry entry = segments().get(HexFormat.of().formatHex(nonce));
        if (entry == null || offsetBytes > entry.sizeBytes() - lengthBytes) {
            return null;
        }
        try (MendedFile file = new MendedFile(io, folder, entry.number(), entry.sizeBytes())) {
            ByteBuffer bytes = ByteBuffer.allocate(lengthBytes);
            HeaderWindow.readAll(file, bytes, (int) offsetBytes);
            return file.isThere() ? bytes.array() : null;
        }
    }

    @GuardedBy("this")
    private Map<String, SegmentEntry> segments() throws IOException {
        Map<String, SegmentEntry> known = segments;
        if (known == null) {
            known = new HashMap<>();
            Catalog catalog = new Catalog(store, Clock.systemUTC(), kind -> {
                throw new IllegalStateException("nothing is made");
            });
            List<Resource> volumes = new ArrayList<>();
            catalog.bin().scan(ResourceKind.VOLUME, volumes::add, bad -> LOG.warn("a volume is passed over", bad));
            catalog.scan(ResourceKind.VOLUME, volumes::add, bad -> LOG.warn("a volume is passed over", bad));
            for (Resource volume : volumes) {
                try {
                    for (SegmentEntry segment : VolumeRecord.segments(volume)) {
                        known.put(segment.nonce(), segment);
                    }
                } catch (BadRecordException e) {
                    LOG.warn("a volume is passed over", e);
                }
            }
            segments = known;
        }
        return known;
    }
}
