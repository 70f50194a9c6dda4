package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.Snapshots;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeQuery;
import dev.varve.volume.VolumeRequest;
import dev.varve.volume.Volumes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process with SIGKILL at random moments while it writes to volumes, flushes, takes snapshots and folds, and looks
 * at what is left: 25 times, and with {@code -Dvarve.long=true} 2,000 times.
 */
class KilledVolumeTest {
    private static final boolean LONG = Boolean.getBoolean("varve.long");
    private static final int VOLUMES = 3;
    private static final int LOG_BYTES = 1 << 20;
    private static final int ROUNDS_A_STORE = 20;
    private static final int MANY = 1000;

    @TempDir
    Path tmp;

    private static EngineOptions options() {
        return SampleDisk.options().withBudgets(2 << 20, 1 << 20, 8 << 20).withLogBytes(LOG_BYTES);
    }

    private static Volumes volumes(Engine engine) {
        return engine.volumes(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    /** What the process does, one after the other; who has its seed can tell. */
    private static final class Script {
        private final Random random;

        Script(long seed) {
            random = new Random(seed);
        }

        Step next() {
            int volume = random.nextInt(VOLUMES);
            int kind = random.nextInt(40);
            int offset = random.nextInt(VolumeModel.BYTES);
            offset = random.nextInt(3) == 0 ? offset : offset & -VolumeModel.PAGE;
            int length = 1 + random.nextInt(random.nextInt(8) == 0 ? 200 << 10 : 9000);
            length = Math.min(length, VolumeModel.BYTES - offset);
            return new Step(volume, kind, offset, length, random.nextLong());
        }
    }

    private record Step(int volume, int kind, int offset, int length, long seed) {
        boolean isSet() {
            return kind == 0;
        }

        boolean isSnapshot() {
            return kind <= 1;
        }

        boolean isFlush() {
            return kind >= 2 && kind < 8;
        }

        boolean isZero() {
            return kind >= 8 && kind < 13;
        }

        byte[] bytes() {
            byte[] bytes = new byte[length];
            new Random(seed).nextBytes(bytes);
            return bytes;
        }

        List<Integer> volumes() {
            List<Integer> of = new ArrayList<>();
            for (int i = 0; i < VOLUMES; i++) {
                if (isSet() || i == volume) {
                    of.add(i);
                }
            }
            return of;
        }
    }

    /** The process that is killed: begins the next step of its script, says so, and says when it is done. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            Engine engine = Engine.open(Path.of(args[0]), options());
            Script script = new Script(Long.parseLong(args[1]));
            List<BlockDevice> disks = new ArrayList<>();
            for (int i = 0; i < VOLUMES; i++) {
                disks.add(volumes(engine).attach(args[2 + i]));
            }
            say("begin");
            for (int i = 0; ; i++) {
                say("o " + i);
                Step step = script.next();
                BlockDevice disk = disks.get(step.volume);
                if (step.isSnapshot()) {
                    List<String> ids =
                            step.volumes().stream().map(v -> args[2 + v]).toList();
                    String name = args[1] + "/" + i;
                    volumes(engine)
                            .snapshot(ids, Collections.nCopies(ids.size(), SnapshotRequest.NEW.withDescription(name)));
                    say("s " + i);
                } else if (step.isFlush()) {
                    disk.flush();
                    say("f " + i);
                } else if (step.isZero()) {
                    disk.writeZeroes(step.offset, step.length);
                } else {
                    disk.write(ByteBuffer.wrap(step.bytes()), step.offset);
                }
            }
        }
    }

    /** The other process that is killed: makes many volumes in one call. */
    static final class Maker {
        public static void main(String[] args) throws Exception {
            Engine engine = Engine.open(Path.of(args[0]), options());
            List<VolumeRequest> requests = Collections.nCopies(MANY, VolumeRequest.NEW.withSizeGib(1));
            say(volumes(engine).create(requests).stream().map(Volume::id).collect(Collectors.joining(" ")));
            Thread.sleep(60_000);
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static Process start(Class<?> type, Path store, List<String> more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                type.getName(),
                store.toString()));
        command.addAll(more);
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static BufferedReader output(Process child) {
        return new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8));
    }

    @Test
    void everyKillLeavesMomentsOfTheVolumesAndWholeSnapshots() throws Exception {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed);
        int rounds = LONG ? 2000 : 25;
        long steps = 0;
        long snapshots = 0;
        Path store = tmp;
        List<String> ids = List.of();
        List<VolumeModel> models = List.of();
        for (int round = 0; round < rounds; round++) {
            if (round % ROUNDS_A_STORE == 0) {
                store = tmp.resolve("store" + round);
                models = new ArrayList<>();
                try (Engine engine = Engine.create(store, NewStore.DEFAULT, options())) {
                    VolumeRequest request = VolumeRequest.NEW.withSizeGib(1);
                    ids = volumes(engine).create(Collections.nCopies(VOLUMES, request)).stream()
                            .map(Volume::id)
                            .toList();
                }
                for (int i = 0; i < VOLUMES; i++) {
                    models.add(new VolumeModel(VolumeModel.zeros()));
                }
            }
            String script = String.valueOf(seed + round);
            List<String> more = new ArrayList<>(List.of(script));
            more.addAll(ids);
            List<String> said = killed(start(Child.class, store, more), random);
            Map<String, List<byte[][]>> shots = new TreeMap<>();
            List<String> promised = new ArrayList<>();
            steps += replay(said, script, models, shots, promised);
            snapshots += promised.size();
            requireWhole(store, ids, models, shots, promised, "varve.seed=" + seed + ", round " + round);
        }
        assertThat(steps).as("steps").isGreaterThan(10L * rounds);
        assertThat(snapshots).as("snapshots").isPositive();
        if (LONG) {
            System.out.println(rounds + " kills, " + steps + " steps, " + snapshots + " calls that took snapshots");
        }
    }

    /** Kills a process, some time after it has begun or a little earlier, and returns what it said. */
    private static List<String> killed(Process child, Random random) throws Exception {
        List<String> said = new ArrayList<>();
        try (BufferedReader out = output(child)) {
            boolean early = random.nextInt(8) == 0;
            if (early) {
                Thread.sleep(100 + random.nextInt(500));
            } else {
                assertThat(out.readLine()).isEqualTo("begin");
            }
            Thread killer = new Thread(() -> {
                try {
                    Thread.sleep(early ? 0 : random.nextInt(400));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                child.toHandle().destroyForcibly(); // which leaves what it said in the pipe
            });
            killer.start();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                said.add(line);
            }
            killer.join();
        }
        child.waitFor();
        return said;
    }

    /** Does to the models what the process has begun; answers how many steps that were. */
    private static long replay(
            List<String> said,
            String script,
            List<VolumeModel> models,
            Map<String, List<byte[][]>> shots,
            List<String> promised) {
        Script steps = new Script(Long.parseLong(script));
        Step step = null;
        long count = 0;
        for (String line : said) {
            String[] words = line.split(" ", -1);
            if (words[0].equals("o") && words.length == 2) {
                if (step != null) {
                    models.get(step.volume).acknowledged();
                }
                step = steps.next();
                count++;
                begin(step, script + "/" + words[1], models, shots);
            } else if (step != null && (words[0].equals("f") || words[0].equals("s"))) {
                step.volumes().forEach(volume -> models.get(volume).flushed());
                if (words[0].equals("s")) {
                    promised.add(script + "/" + words[1]);
                }
            }
        }
        return count;
    }

    private static void begin(Step step, String name, List<VolumeModel> models, Map<String, List<byte[][]>> shots) {
        if (step.isSnapshot()) {
            shots.put(
                    name,
                    step.volumes().stream()
                            .map(volume -> models.get(volume).current())
                            .toList());
        } else if (step.isZero()) {
            models.get(step.volume).zero(step.offset, step.length);
        } else if (!step.isFlush()) {
            models.get(step.volume).write(step.offset, step.bytes());
        }
    }

    private static void requireWhole(
            Path store,
            List<String> ids,
            List<VolumeModel> models,
            Map<String, List<byte[][]>> shots,
            List<String> promised,
            String when)
            throws Exception {
        try (Engine engine = Engine.open(store, options())) {
            for (int i = 0; i < VOLUMES; i++) {
                try (BlockDevice disk = volumes(engine).attach(ids.get(i))) {
                    models.get(i).cameBackAs(read(disk), true, when + ", volume " + i);
                }
            }
            Map<String, List<Snapshot>> found = found(engine, when);
            for (String name : promised) {
                assertThat(found).as(when + ": a snapshot that was returned").containsKey(name);
            }
            for (Map.Entry<String, List<Snapshot>> each : found.entrySet()) {
                requireShot(engine, shots.get(each.getKey()), each.getValue(), when);
            }
            for (int i = 0; i < VOLUMES; i++) {
                try (BlockDevice disk = volumes(engine).attach(ids.get(i))) {
                    VolumeModel.requireEqual(models.get(i).current(), read(disk), when + ", folded, volume " + i);
                }
            }
            assertThat(engine.check(true, (done, total) -> {}).problems())
                    .as(when)
                    .isEmpty();
        }
    }

    private static void requireShot(Engine engine, List<byte[][]> expected, List<Snapshot> set, String when)
            throws IOException {
        Snapshots snapshots = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION);
        assertThat(set).as(when + ": all of a set").hasSize(expected.size());
        List<byte[][]> left = new ArrayList<>(expected);
        for (Snapshot snapshot : set) {
            assertThat(snapshot.state()).as(when).isEqualTo(SnapshotState.COMPLETED);
            try (SnapshotReader disk = snapshots.open(snapshot.id())) {
                byte[] content = read(disk);
                byte[][] moment = left.stream()
                        .filter(one -> VolumeModel.isEqual(one, content))
                        .findFirst()
                        .orElse(null);
                assertThat(moment)
                        .as(when + ": " + snapshot.description() + " is the moment of its call")
                        .isNotNull();
                left.remove(moment);
            }
            snapshots.delete(snapshot.id());
        }
    }

    private static byte[] read(BlockDevice disk) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(VolumeModel.BYTES);
        disk.read(found, 0);
        return found.array();
    }

    /** The snapshots by call, when none is pending any more. */
    private static Map<String, List<Snapshot>> found(Engine engine, String when) throws Exception {
        Snapshots snapshots = engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION);
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            List<Snapshot> all = snapshots.list(SnapshotQuery.ALL).snapshots();
            if (all.stream().noneMatch(snapshot -> snapshot.state() == SnapshotState.PENDING)) {
                return all.stream()
                        .collect(Collectors.groupingBy(Snapshot::description, TreeMap::new, Collectors.toList()));
            }
            assertThat(System.nanoTime()).as(when + ": pending").isLessThan(until);
            Thread.sleep(2);
        }
    }

    @Test
    void volumesOfOneCallAreAllThereAlthoughTheirMakerWasKilledWhenItReturned() throws Exception {
        for (int round = 0; round < (LONG ? 20 : 2); round++) {
            Path store = tmp.resolve("many" + round);
            Engine.create(store, NewStore.DEFAULT, options()).close();
            Process maker = start(Maker.class, store, List.of());
            List<String> told;
            try (BufferedReader out = output(maker)) {
                told = List.of(out.readLine().split(" ", -1));
                maker.toHandle().destroyForcibly();
            }
            maker.waitFor();
            assertThat(told).hasSize(MANY).doesNotHaveDuplicates();
            try (Engine engine = Engine.open(store, options())) {
                assertThat(volumes(engine).list(VolumeQuery.ALL).volumes())
                        .extracting(Volume::id)
                        .containsExactlyInAnyOrderElementsOf(told);
            }
        }
    }
}
