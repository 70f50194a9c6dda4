package dev.varve.nbd;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server with a volume and a snapshot of an engine on the heap, between which a test can stand. */
@Timeout(60)
abstract class ServedDisks {
    static final long GIB = 1L << 30;
    static final String VOLUME = "disk";
    static final String SNAPSHOT = "read-only";

    private static final String ACCOUNT = "123456789012";
    private static final String REGION = "eu-west-1";

    /** What a test does before the disk does what it is asked for. */
    interface Hook {
        void before(String method) throws IOException;
    }

    @TempDir
    Path folder;

    volatile Hook hook = method -> {};
    final AtomicInteger opened = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    final AtomicInteger flushes = new AtomicInteger();
    NbdServer server;
    private Engine engine;
    private String volumeId;
    private String snapshotId;

    @BeforeEach
    void serve() throws Exception {
        engine = Engine.ephemeral(EngineOptions.defaults());
        volumeId = engine.volumes(ACCOUNT, REGION)
                .create(VolumeRequest.NEW.withSizeGib(1))
                .id();
        Snapshot snapshot = engine.volumes(ACCOUNT, REGION).snapshot(volumeId, SnapshotRequest.NEW);
        snapshotId = snapshot.id();
        for (int i = 0; i < 1000 && snapshot.state() == SnapshotState.PENDING; i++) {
            Thread.sleep(5);
            snapshot = engine.snapshots(ACCOUNT, REGION).get(snapshotId);
        }
        server = start(NbdOptions.DEFAULT);
    }

    NbdServer start(NbdOptions options) throws IOException {
        return NbdServer.start(UnixDomainSocketAddress.of(folder.resolve("s")), new Source(), options);
    }

    @AfterEach
    void end() throws Exception {
        hook = method -> {};
        server.close();
        engine.close();
    }

    TestClient connect() throws IOException {
        return new TestClient(server.address());
    }

    ExportSource source() {
        return new Source();
    }

    /** Two that are listed, and one for any snapshot. */
    private final class Contexts implements MetaContexts {
        private final MetaContexts listed =
                MetaContexts.of(MetaContext.ALLOCATION, new MetaContext("varve:hydrated", BlockDevice.HYDRATION, 1, 0));

        @Override
        public List<MetaContext> list() throws IOException {
            hook.before("contexts");
            return listed.list();
        }

        @Override
        public @Nullable MetaContext find(String name) throws IOException {
            hook.before("context");
            return name.startsWith(MetaContext.DIRTY_BITMAP + "snap-")
                    ? MetaContext.dirtyBitmap(
                            name.substring(MetaContext.DIRTY_BITMAP.length()), BlockDevice.CHANGED_SINCE + snapshotId)
                    : listed.find(name);
        }
    }

    private final class Source implements ExportSource {
        @Override
        public List<NbdExport> list() throws IOException {
            hook.before("list");
            return List.of(find(VOLUME), find(SNAPSHOT));
        }

        @Override
        public NbdExport find(String name) throws IOException {
            hook.before("find");
            MetaContexts contexts = new Contexts();
            return switch (name) {
                case "", VOLUME -> new NbdExport(VOLUME, "a volume", GIB, false, contexts);
                case SNAPSHOT -> new NbdExport(SNAPSHOT, "a snapshot", GIB, true, contexts);
                default -> null;
            };
        }

        @Override
        public BlockDevice open(String name) throws IOException {
            hook.before("open");
            opened.incrementAndGet();
            return new Watched(
                    name.equals(VOLUME)
                            ? engine.volumes(ACCOUNT, REGION).attach(volumeId)
                            : engine.snapshots(ACCOUNT, REGION).open(snapshotId));
        }
    }

    /** A disk that a test can hold or fail. */
    private final class Watched implements BlockDevice {
        private final BlockDevice disk;

        Watched(BlockDevice disk) {
            this.disk = disk;
        }

        @Override
        public long sizeBytes() {
            return disk.sizeBytes();
        }

        @Override
        public boolean isReadOnly() {
            return disk.isReadOnly();
        }

        @Override
        public void read(ByteBuffer dst, long offsetBytes) throws IOException {
            hook.before("read");
            disk.read(dst, offsetBytes);
        }

        @Override
        public void write(ByteBuffer src, long offsetBytes) throws IOException {
            hook.before("write");
            disk.write(src, offsetBytes);
        }

        @Override
        public void flush() throws IOException {
            hook.before("flush");
            disk.flush();
            flushes.incrementAndGet();
        }

        @Override
        public void trim(long offsetBytes, long lengthBytes) throws IOException {
            hook.before("trim");
            disk.trim(offsetBytes, lengthBytes);
        }

        @Override
        public void writeZeroes(long offsetBytes, long lengthBytes) throws IOException {
            hook.before("writeZeroes");
            disk.writeZeroes(offsetBytes, lengthBytes);
        }

        @Override
        public List<Extent> extents(String map, long offsetBytes, long lengthBytes, int limit) throws IOException {
            hook.before("extents");
            return disk.extents(map, offsetBytes, lengthBytes, limit);
        }

        @Override
        public void close() throws IOException {
            closed.incrementAndGet();
            disk.close();
        }
    }
}
