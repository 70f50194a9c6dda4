package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import dev.varve.snapshot.SnapshotQuery;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process with SIGKILL at random moments of one or two imports, and looks at what is left. */
class KilledImportTest {
    /** Enough for index entries to be written before the end: see the bounds of what is in flight. */
    private static final int BLOCKS = 1800;

    private static final int SMALL_BLOCKS = 40;
    private static final int TRIALS_A_STORE = 10;

    @TempDir
    Path folder;

    /** The process that is killed: imports the disks whose numbers it is given, each on a thread of its own. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            try (Engine engine = Engine.open(Path.of(args[0]), SampleDisk.options())) {
                List<Thread> imports = new ArrayList<>();
                for (int i = 1; i < args.length; i++) {
                    SampleDisk disk = new SampleDisk(Long.parseLong(args[i]), BLOCKS);
                    imports.add(new Thread(() -> {
                        try {
                            System.out.println(disk.importInto(engine).id());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }));
                }
                System.out.println("begin");
                imports.forEach(Thread::start);
                for (Thread thread : imports) {
                    thread.join();
                }
            }
            System.out.println("end");
        }
    }

    @Test
    void everyKillLeavesEarlierImagesAndNothingOfTheDeadImport() throws Exception {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed);
        int trials = Boolean.getBoolean("varve.long") ? 200 : 20;
        Path store = folder;
        long wholeMillis = 0;
        int died = 0;
        for (int trial = 0; trial < trials; trial++) {
            if (trial % TRIALS_A_STORE == 0) {
                store = folder.resolve("store" + trial);
                Engine.create(store, NewStore.DEFAULT, SampleDisk.options()).close();
            }
            String when = "seed " + seed + ", trial " + trial;
            long delay = trial % TRIALS_A_STORE == 0 ? Long.MAX_VALUE : (long) (random.nextDouble() * wholeMillis);
            List<String> disks = random.nextInt(3) == 0
                    ? List.of(String.valueOf(2L * trial), String.valueOf(2L * trial + 1))
                    : List.of(String.valueOf(2L * trial));
            List<String> told = new ArrayList<>();
            long millis = killAfter(delay, store, disks, told);
            wholeMillis = delay == Long.MAX_VALUE ? millis : wholeMillis;
            died += told.size() < disks.size() ? 1 : 0;
            assertNothingLost(store, told, when, trial);
        }
        assertThat(died).as("imports that were killed").isGreaterThan(trials / 4);
    }

    /** Runs a child, collects what it says, and tells how long it lived after it began. */
    private static long killAfter(long millis, Path store, List<String> disks, List<String> told) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                store.toString()));
        command.addAll(disks);
        Process child = new ProcessBuilder(command)
                .redirectErrorStream(false)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        long began;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            String first = out.readLine();
            assertThat(first).isEqualTo("begin");
            began = System.nanoTime();
            Thread killer = new Thread(() -> {
                try {
                    if (millis < Long.MAX_VALUE) {
                        Thread.sleep(millis);
                        child.destroyForcibly();
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            killer.start();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                told.add(line);
            }
            killer.join();
        }
        child.waitFor();
        told.remove("end");
        return (System.nanoTime() - began) / 1_000_000;
    }

    private static void assertNothingLost(Path store, List<String> told, String when, int trial) throws IOException {
        try (Engine engine = Engine.open(store, SampleDisk.options())) {
            List<Image> images = engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION)
                    .list(ImageQuery.ALL)
                    .images();
            assertThat(images).as(when).extracting(Image::id).containsAll(told);
            assertThat(engine.snapshots(SampleDisk.ACCOUNT, SampleDisk.REGION)
                            .list(SnapshotQuery.ALL)
                            .snapshots())
                    .as(when)
                    .hasSameSizeAs(images);
            for (Image image : images) {
                long number = Long.parseLong(image.name().substring(5));
                SampleDisk disk = new SampleDisk(number, number >= 1_000_000 ? SMALL_BLOCKS : BLOCKS);
                assertThat(disk.isHeldBy(engine, image)).as(when).isTrue();
            }
            assertThat(engine.check(true, (done, total) -> {}).problems())
                    .as(when)
                    .isEmpty();
            EngineStats stats = engine.stats();
            assertThat(stats.packBytes() - 64L * stats.packs()).as(when).isEqualTo(stats.liveBytes());
            assertThat(stats.chunks()).as(when).isEqualTo(distinctChunks(images));
            Image again = new SampleDisk(1_000_000 + trial, SMALL_BLOCKS).importInto(engine);
            assertThat(new SampleDisk(1_000_000 + trial, SMALL_BLOCKS).isHeldBy(engine, again))
                    .as(when)
                    .isTrue();
        }
    }

    /** Chunks that the images need: what is beyond was left by the dead. */
    private static long distinctChunks(List<Image> images) {
        return images.stream()
                .flatMap(image -> {
                    long number = Long.parseLong(image.name().substring(5));
                    SampleDisk disk = new SampleDisk(number, number >= 1_000_000 ? SMALL_BLOCKS : BLOCKS);
                    return Stream.of(disk).flatMap(KilledImportTest::chunks);
                })
                .distinct()
                .count();
    }

    private static Stream<String> chunks(SampleDisk disk) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < disk.blocks(); i++) {
            if (i % 7 != 3) {
                boolean cut = i == disk.blocks() - 1;
                names.add((cut ? "cut" : "")
                        + switch (i % 3) {
                            case 0 -> "0";
                            case 1 -> "p" + disk.number() / 2;
                            default -> "n" + disk.number();
                        }
                        + "/" + i);
            }
        }
        return names.stream();
    }
}
