package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.EngineScope;
import dev.varve.NewStore;
import dev.varve.block.BlockDevice;
import dev.varve.nbd.NbdRehearsal;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.volume.VolumeRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A boot from a small store of its own before the first client comes: the JVM has then compiled what reads chunks, fills the
 * cache and serves clients. Decision 0028 has the measurements.
 */
final class Rehearsal {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
    private static final String ACCOUNT = "000000000000";
    private static final String REGION = "us-east-1";
    private static final int DISK_BYTES = 8 << 20;

    /** Fewer chunks than the disk has: most are loaded each time they are read. */
    private static final long CACHE_BYTES = 1 << 20;

    private static final int READS = 6000;
    private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int LINE_BYTES = 256;

    private Rehearsal() {}

    /**
     * Takes about 0.6 s, in a temporary folder. Where it can't take place, the first client's reads are slower, and nothing else.
     *
     * @param cancelled ends it
     * @return how many reads there were
     */
    static int run(BooleanSupplier cancelled) {
        try (TemporaryFolder folder = new TemporaryFolder("varve-rehearsal-")) {
            return rehearse(folder.path(), cancelled);
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
            LOG.debug("no rehearsal", e);
            return 0;
        }
    }

    private static int rehearse(Path folder, BooleanSupplier cancelled) throws IOException {
        EngineOptions options = EngineOptions.defaults()
                .withBudgets(CACHE_BYTES, CACHE_BYTES, CACHE_BYTES)
                .withPrefetch(false);
        try (Engine engine = Engine.create(folder.resolve("store"), NewStore.DEFAULT, options)) {
            EngineScope scope = engine.scope(ACCOUNT, REGION);
            String snapshot = scope.snapshots()
                    .importFrom(SnapshotRequest.NEW, BlockSource.of(new ByteArrayInputStream(disk())))
                    .run()
                    .id();
            String volume = scope.volumes()
                    .create(VolumeRequest.NEW.withSnapshotId(snapshot))
                    .id();
            try (BlockDevice disk = scope.volumes().attach(volume)) {
                long end = System.nanoTime() + MAX_NANOS;
                return NbdRehearsal.run(
                        disk,
                        DISK_BYTES,
                        folder.resolve("s"),
                        READS,
                        () -> cancelled.getAsBoolean() || System.nanoTime() - end > 0);
            }
        }
    }

    /** Content of which a half can be compressed. */
    private static byte[] disk() {
        byte[] disk = new byte[DISK_BYTES];
        byte[] half = new byte[LINE_BYTES / 2];
        Random random = new Random(DISK_BYTES);
        for (int at = 0; at < DISK_BYTES; at += LINE_BYTES) {
            random.nextBytes(half);
            System.arraycopy(half, 0, disk, at, half.length);
        }
        return disk;
    }
}
