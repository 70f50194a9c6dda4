package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import dev.varve.image.ImageRequest;
import dev.varve.instance.Instance;
import dev.varve.instance.LaunchRequest;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.MemoryDisk;
import dev.varve.snapshot.Operation;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotWriter;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeQuery;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How an emulator uses the library: read it from top to bottom. README.md shows the marked lines. */
class EmbeddingExampleTest {
    private static final String ACCOUNT = "123456789012";
    private static final String REGION = "us-east-1";
    private static final int PAGE = 4096;

    @TempDir
    Path folder;

    /** What the engine tells, once it is durable: an emulator would hand it to who waits. */
    private final BlockingQueue<EngineEvent> events = new LinkedBlockingQueue<>();

    @Test
    void theShortOne() throws IOException {
        Path store = folder.resolve("store");
        BlockDevice disk = MemoryDisk.random(new Random(1), 1 << 20);
        byte[] bytes = {1, 2, 3};
        // README begins
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, EngineOptions.defaults())) {
            EngineScope scope = engine.scope("123456789012", "us-east-1");
            ImageRequest debian = ImageRequest.named("debian-12");
            Operation<Image> copying = scope.images().importImage(debian, SnapshotRequest.NEW, BlockSource.of(disk));
            LaunchRequest request = LaunchRequest.of(copying.run().id());
            List<Instance> instances = scope.instances().launch(request); // at once, whatever the disk's size
            String volumeId = instances.get(0).volumeIds().get(0);
            try (BlockDevice device = scope.volumes().attach(volumeId)) {
                device.write(ByteBuffer.wrap(bytes), 4096); // any offset, heap or direct, many threads
                device.flush(); // survives power loss
                scope.volumes().snapshot(volumeId, SnapshotRequest.NEW); // of this moment; writing goes on
            }
        }
        // README ends
        try (Engine engine = Engine.open(store, SampleDisk.options())) {
            EngineScope scope = engine.scope(ACCOUNT, REGION);
            List<Volume> volumes = scope.volumes().list(VolumeQuery.ALL).volumes();
            try (BlockDevice device = scope.volumes().attach(volumes.get(0).id())) {
                ByteBuffer found = ByteBuffer.allocate(3);
                device.read(found, 4096);
                assertThat(found.array()).isEqualTo(bytes);
            }
        }
    }

    @Test
    void readmeShowsTheShortOne() throws IOException {
        List<String> source = Files.readAllLines(Path.of("src/test/java/dev/varve/EmbeddingExampleTest.java"));
        List<String> readme = Files.readAllLines(Path.of("..", "README.md"));
        assertThat(between(readme, "```java", "```"))
                .isEqualTo(between(source, "        // README begins", "        // README ends")
                        .stripIndent());
    }

    private static String between(List<String> lines, String first, String last) {
        int begin = lines.indexOf(first) + 1;
        int length = lines.subList(begin, lines.size()).indexOf(last);
        return String.join("\n", lines.subList(begin, begin + length));
    }

    @Test
    void theLongOne() throws Exception {
        EngineOptions options = EngineOptions.defaults()
                .withNativeFolder(Path.of("target", "native")) // unpacked once, here instead of in the user's cache
                .withBudgets(64 << 20, 8 << 20, 16 << 20) // disk for chunks, heap for manifests, memory for the index
                .withEvents(events::add);
        try (Engine engine = Engine.create(folder.resolve("store"), NewStore.DEFAULT, options)) {
            EngineScope scope = engine.scope(ACCOUNT, REGION);
            MemoryDisk disk = MemoryDisk.random(new Random(7), 3 << 20);
            Image image = register(scope, disk);

            // Two machines; each has a root volume that reads as the image, and an empty one of 2 GiB.
            LaunchRequest request = LaunchRequest.of(image.id()).withCount(2).withTags(Map.of("Name", "web"));
            List<Instance> instances = scope.instances().launch(request);
            Instance instance = instances.get(0);
            String rootId = instance.volumeIds().get(0);
            assertThat(instance.attachments()).hasSize(3); // the third is the host's disk: the emulator's to make

            Snapshot begun;
            long writtenPages;
            try (BlockDevice root = scope.volumes().attach(rootId);
                    BlockDevice data =
                            scope.volumes().attach(instance.volumeIds().get(1))) {
                boot(root, disk);
                Guest guest = new Guest(data);
                guest.start();
                guest.awaitPages(100);
                begun = scope.volumes()
                        .snapshot(instance.volumeIds().get(1), SnapshotRequest.NEW.withDescription("backup"));
                writtenPages = guest.end();
                data.flush();
            }
            await(begun.id());

            // A disk of the moment of the snapshot: all that had been written then, and nothing later.
            Volume copy = scope.volumes().create(VolumeRequest.NEW.withSnapshotId(begun.id()));
            try (BlockDevice device = scope.volumes().attach(copy.id())) {
                long pages = Guest.count(device);
                assertThat(pages).isBetween(100L, writtenPages);
            }

            // The machine ends: its volumes go, as the image said; what was made of them stays.
            scope.instances().terminate(instance.id());
            assertThat(scope.snapshots().get(begun.id()).progressPercent()).isEqualTo(100);
            assertThat(scope.volumes().get(copy.id()).sizeGib()).isEqualTo(2);
            assertThat(engine.check(true, (done, total) -> {}).isClean()).isTrue();
        }
    }

    /** A disk of the emulator's own is copied into a snapshot; one more is written block by block. */
    private static Image register(EngineScope scope, BlockDevice disk) throws IOException {
        Snapshot root = scope.snapshots()
                .importFrom(SnapshotRequest.NEW.withDescription("root"), BlockSource.of(disk))
                .onProgress((done, total) -> {}) // bytes, for a progress bar
                .run(); // or start(), for a CompletionStage
        Snapshot empty;
        try (SnapshotWriter writer = scope.snapshots().writer(SnapshotRequest.NEW)) {
            ByteBuffer block = ByteBuffer.allocate(writer.blockSizeBytes());
            writer.put(7, block.put(0, (byte) 7)); // any block, in any order, from many threads
            writer.zero(7, 1);
            empty = writer.complete(2L << 30);
        }
        return scope.images()
                .register(ImageRequest.named("debian-12")
                        .withMapping(DeviceMapping.of(ImageRequest.ROOT_DEVICE_NAME, root.id()))
                        .withMapping(DeviceMapping.of("/dev/xvdb", empty.id()))
                        .withMapping(DeviceMapping.ephemeral("/dev/xvdc", "ephemeral0")));
    }

    /** What a guest does to its root disk: reads into the emulator's memory, writes from it. */
    private static void boot(BlockDevice root, MemoryDisk disk) throws IOException {
        ByteBuffer memory = ByteBuffer.allocateDirect(1 << 20);
        ByteBuffer expected = ByteBuffer.allocate(1 << 20);
        root.read(memory, 12_345);
        disk.read(expected, 12_345);
        assertThat(memory.flip()).isEqualTo(expected.flip());

        root.write(memory.putInt(0, 42), 512); // direct
        root.write(ByteBuffer.wrap(new byte[] {9}), (1L << 30) - 1); // heap; the volume has whole GiB
        root.trim(2 << 20, 4096);
        root.flush();
        ByteBuffer found = ByteBuffer.allocate(4);
        root.read(found, 512);
        assertThat(found.getInt(0)).isEqualTo(42);
    }

    private void await(String snapshotId) throws InterruptedException {
        while (true) {
            EngineEvent event = events.poll(1, TimeUnit.MINUTES);
            assertThat(event).as("an event within a minute").isNotNull();
            if (event.id().equals(snapshotId) && event.what() != EngineEvent.What.CREATED) {
                assertThat(event.what()).isEqualTo(EngineEvent.What.COMPLETED);
                return;
            }
        }
    }

    /** Writes one page after the other until it is told to end. */
    private static final class Guest extends Thread {
        private final BlockDevice device;
        private final AtomicBoolean ending = new AtomicBoolean();
        private long pages;

        Guest(BlockDevice device) {
            this.device = device;
        }

        @Override
        public void run() {
            try {
                while (!ending.get() && pages < 10_000) {
                    device.write(ByteBuffer.allocateDirect(PAGE).putLong(0, pages + 1), pages * PAGE);
                    synchronized (this) {
                        pages++;
                        notifyAll();
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        synchronized void awaitPages(long count) throws InterruptedException {
            while (pages < count) {
                wait();
            }
        }

        long end() throws InterruptedException {
            ending.set(true);
            join();
            return pages;
        }

        /** How many pages a disk has of it, from the first on without a gap. */
        static long count(BlockDevice device) throws IOException {
            ByteBuffer page = ByteBuffer.allocate(PAGE);
            for (long count = 0; ; count++) {
                device.read(page.clear(), count * PAGE);
                if (page.getLong(0) != count + 1) {
                    assertThat(page.getLong(0)).as("page %d", count).isZero();
                    return count;
                }
            }
        }
    }
}
