package dev.varve.nbd.powercut;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.EngineScope;
import dev.varve.NewStore;
import dev.varve.block.BlockDevice;
import dev.varve.image.ImageRequest;
import dev.varve.instance.Instance;
import dev.varve.instance.LaunchRequest;
import dev.varve.nbd.FuaClient;
import dev.varve.nbd.NbdOptions;
import dev.varve.nbd.NbdServer;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.VolumeRequest;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The process that has the store whose power is cut. It takes commands as {@link World} tells them, a number before each,
 * and answers with the number when they are done; those that come together run beside each other. It is a process of its
 * own, since one that serves the disk beneath the files that it maps may wait for itself.
 */
final class StoreProcess {
    static final String ACCOUNT = "123456789012";
    static final String REGION = "us-east-1";

    private static final long PAUSE_NANOS = 500_000;

    private final Path folder;
    private final EngineOptions options;
    private final Map<String, BlockDevice> disks = new ConcurrentHashMap<>();
    private volatile @Nullable Engine engine;

    private StoreProcess(Path folder, EngineOptions options) {
        this.folder = folder;
        this.options = options;
    }

    /** Small budgets, so that a short run folds, trims and evicts. */
    static EngineOptions options(long logBytes) {
        return EngineOptions.defaults()
                .withNativeFolder(Path.of("target", "native"))
                .withBudgets(2 << 20, 1 << 20, 8 << 20)
                .withLogBytes(logBytes);
    }

    static EngineScope scope(Engine engine) {
        return engine.scope(ACCOUNT, REGION);
    }

    public static void main(String[] args) throws Exception {
        StoreProcess process = new StoreProcess(Path.of(args[0]), options(Long.parseLong(args[1])));
        ExecutorService threads = Executors.newCachedThreadPool();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            threads.execute(() -> answer(words[0], process, Arrays.copyOfRange(words, 1, words.length)));
        }
        System.exit(0); // whoever gave the commands is gone
    }

    private static void answer(String number, StoreProcess process, String[] words) {
        String answer;
        try {
            answer = "done " + process.run(words);
        } catch (Exception | Error e) {
            answer = "failed " + e;
        }
        synchronized (System.out) {
            System.out.println(number + " " + answer.replace('\n', ' '));
            System.out.flush();
        }
    }

    /** Makes a store, unless a process that died has made it whole. */
    private Engine create() throws IOException {
        try {
            return Engine.create(folder, NewStore.DEFAULT, options);
        } catch (IOException e) {
            try {
                return Engine.open(folder, options);
            } catch (IOException alsoFailed) {
                e.addSuppressed(alsoFailed);
                throw e;
            }
        }
    }

    private String run(String[] words) throws Exception {
        switch (words[0]) {
            case "create" -> engine = create();
            case "open" -> engine = Engine.open(folder, options);
            case "reopen", "close" -> reopen(words[0].equals("reopen"));
            case "import" -> importImage(words);
            case "volume" -> create(words);
            case "launch" -> {
                return launch(words[1], List.of(words).subList(2, words.length));
            }
            case "write" -> disk(words[1]).write(ByteBuffer.wrap(bytes(words)), offset(words[2]));
            case "fua" -> writeThrough(words);
            case "zero" -> disk(words[1]).writeZeroes(offset(words[2]), offset(words[3]));
            case "trim" -> disk(words[1]).trim(offset(words[2]), offset(words[3]));
            case "flush" -> disk(words[1]).flush();
            case "grow" -> {
                detach(words[1]);
                scope().volumes().grow(words[1], Long.parseLong(words[2]));
            }
            case "snapshot" -> snapshot(List.of(words).subList(1, words.length));
            case "settle" -> settle(words[1]);
            case "collect" -> engine().collectGarbage(Duration.ZERO, false);
            case "delete" -> delete(words[1]);
            case "restore" -> restore(words[1]);
            case "terminate" -> terminate(List.of(words).subList(1, words.length));
            case "sum" -> {
                BlockDevice disk = disk(words[1]);
                return Arrays.hashCode(Inspection.read(disk, DiskStates.PAGES)) + " " + (disk.sizeBytes() >> 30);
            }
            default -> throw new IllegalArgumentException("no command: " + words[0]);
        }
        return "";
    }

    private Engine engine() {
        Engine open = engine;
        if (open == null) {
            throw new IllegalStateException("no store");
        }
        return open;
    }

    private EngineScope scope() {
        return scope(engine());
    }

    private static long offset(String pages) {
        return Long.parseLong(pages) * Stamps.PAGE;
    }

    /** Of pages from some one on, all with one stamp. */
    private static byte[] bytes(String[] words) {
        int first = Integer.parseInt(words[2]);
        int count = Integer.parseInt(words[3]);
        ByteBuffer bytes = ByteBuffer.allocate(count * Stamps.PAGE);
        for (int i = 0; i < count; i++) {
            bytes.put(Stamps.page(Long.parseLong(words[4]), first + i));
        }
        return bytes.array();
    }

    private synchronized BlockDevice disk(String volume) throws IOException {
        BlockDevice open = disks.get(volume);
        if (open == null) {
            open = scope().volumes().attach(volume);
            disks.put(volume, open);
        }
        return open;
    }

    /** Writes with FUA, through a server of its own: the disk is not flushed by being closed. */
    private void writeThrough(String[] words) throws IOException {
        Path temporary = Files.createTempDirectory("varve-fua");
        SocketAddress address = UnixDomainSocketAddress.of(temporary.resolve("socket"));
        try (NbdServer server =
                NbdServer.start(address, new ServedDisk(words[1], disk(words[1])), NbdOptions.DEFAULT)) {
            FuaClient.write(server.address(), words[1], offset(words[2]), bytes(words));
        } finally {
            Files.delete(temporary);
        }
    }

    private void detach(String volume) throws IOException {
        BlockDevice open = disks.remove(volume);
        if (open != null) {
            open.close();
        }
    }

    private void reopen(boolean again) throws IOException {
        for (String volume : List.copyOf(disks.keySet())) {
            detach(volume);
        }
        engine().close();
        if (again) {
            engine = Engine.open(folder, options);
        }
    }

    private void importImage(String[] words) throws IOException {
        byte[] bytes = Stamps.bytes(Stamps.ofImage(Long.parseLong(words[3]), Integer.parseInt(words[4])));
        scope().images()
                .importImage(
                        ImageRequest.named(words[1]).withId(words[1]),
                        SnapshotRequest.NEW.withId(words[2]),
                        BlockSource.of(new ByteArrayInputStream(bytes)))
                .run();
    }

    private void create(String[] words) throws IOException {
        VolumeRequest request = VolumeRequest.NEW.withId(words[1]);
        if (words[2].equals("-")) {
            request = request.withSizeGib(1);
        } else {
            settle(words[2]);
            request = request.withSnapshotId(words[2]);
        }
        scope().volumes().create(request);
    }

    private String launch(String image, List<String> ids) throws IOException {
        scope().instances().launch(LaunchRequest.of(image).withCount(ids.size()).withIds(ids));
        List<String> volumes = new ArrayList<>();
        for (String id : ids) {
            volumes.addAll(scope().instances().get(id).volumeIds());
        }
        return String.join(" ", volumes);
    }

    private void terminate(List<String> instances) throws IOException {
        for (String id : instances) {
            Instance instance = scope().instances().get(id);
            for (String volume : instance.volumeIds()) {
                detach(volume);
            }
        }
        scope().instances().terminate(instances);
    }

    private void snapshot(List<String> pairs) throws IOException {
        List<String> volumes = new ArrayList<>();
        List<SnapshotRequest> requests = new ArrayList<>();
        for (String pair : pairs) {
            String[] names = pair.split("=", -1);
            requests.add(SnapshotRequest.NEW.withId(names[0]));
            volumes.add(names[1]);
        }
        scope().volumes().snapshot(volumes, requests);
    }

    /** Waits until a snapshot is pending no more. */
    private void settle(String snapshot) throws IOException {
        while (scope().snapshots().get(snapshot).state() == SnapshotState.PENDING) {
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private void restore(String id) throws IOException {
        if (id.startsWith(World.IMAGE)) {
            scope().images().restore(id);
        } else if (id.startsWith(World.VOLUME)) {
            scope().volumes().restore(id);
        } else {
            scope().snapshots().restore(id);
        }
    }

    private void delete(String id) throws IOException {
        if (id.startsWith(World.IMAGE)) {
            scope().images().deregister(id);
        } else if (id.startsWith(World.VOLUME)) {
            detach(id);
            scope().volumes().delete(id);
        } else {
            settle(id);
            scope().snapshots().delete(id);
        }
    }
}
