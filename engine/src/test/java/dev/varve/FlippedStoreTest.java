package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flips one byte anywhere in a store's files: it is detected or harmless, whatever kind of file it is in. */
class FlippedStoreTest {
    private static final int DISKS = 3;
    private static final int BLOCKS = 24;

    @TempDir
    Path folder;

    private final Map<String, SampleDisk> disks = new HashMap<>();

    @Test
    void inAClosedStore() throws IOException {
        Path store = folder.resolve("closed");
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, SampleDisk.options())) {
            fill(engine);
        }
        flip(store, 1);
    }

    @Test
    void inAStoreWhoseProcessWasKilled() throws IOException {
        Path store = folder.resolve("open");
        Path killed = folder.resolve("killed");
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, SampleDisk.options())) {
            fill(engine);
            copy(store, killed);
        }
        flip(killed, 2);
    }

    private void fill(Engine engine) throws IOException {
        for (int i = 0; i < DISKS; i++) {
            SampleDisk disk = new SampleDisk(i, BLOCKS);
            disks.put(disk.importInto(engine).id(), disk);
        }
    }

    private void flip(Path pristine, long salt) throws IOException {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed + salt);
        TreeMap<String, List<Path>> kinds = new TreeMap<>();
        for (Path file : files(pristine)) {
            if (Files.size(file) > 0) {
                kinds.computeIfAbsent(kind(file), k -> new ArrayList<>()).add(file);
            }
        }
        List<String> names = List.copyOf(kinds.keySet());
        assertThat(names).contains("FORMAT", "HEAD", "MANIFEST", "CURRENT", "pack");
        int trials = Boolean.getBoolean("varve.long") ? 250 : 25;
        Path work = folder.resolve("work");
        for (int trial = 0; trial < trials; trial++) {
            List<Path> some = kinds.get(names.get(trial % names.size()));
            Path file = some.get(random.nextInt(some.size()));
            copy(pristine, work);
            Path target = work.resolve(pristine.relativize(file));
            byte[] bytes = Files.readAllBytes(target);
            int at = random.nextInt(bytes.length);
            int mask = 1 + random.nextInt(255);
            bytes[at] ^= (byte) mask;
            Files.write(target, bytes);
            String what =
                    "seed " + seed + ", trial " + trial + ": " + pristine.relativize(file) + " at " + at + " ^ " + mask;
            if (!examine(work, what)) {
                bytes[at] ^= (byte) mask;
                Files.write(target, bytes);
                assertWhole(work, what + ", mended");
            }
        }
    }

    /** A store that was refused for damage is as it was: with the byte put right nothing is missing. */
    private void assertWhole(Path store, String what) throws IOException {
        try (Engine engine = Engine.open(store, SampleDisk.options())) {
            List<Image> images = engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION)
                    .list(ImageQuery.ALL)
                    .images();
            assertThat(images).as(what).extracting(Image::id).containsExactlyInAnyOrderElementsOf(disks.keySet());
            for (Image image : images) {
                assertThat(disks.get(image.id()).isHeldBy(engine, image))
                        .as(what)
                        .isTrue();
            }
            assertThat(engine.check(true, (done, total) -> {}).problems())
                    .as(what)
                    .isEmpty();
        }
    }

    private static String kind(Path file) {
        return file.getFileName().toString().replaceAll("^.*\\.", "").replaceAll("[-0-9].*$", "");
    }

    /** False when the store was refused. */
    private boolean examine(Path store, String what) throws IOException {
        Engine engine;
        try {
            engine = Engine.open(store, SampleDisk.options());
        } catch (IOException e) {
            assertThat(e.getMessage()).as(what).contains(store.toString());
            return false;
        }
        try (engine) {
            Set<String> hit = new HashSet<>();
            boolean listed = true;
            try {
                List<Image> images = engine.images(SampleDisk.ACCOUNT, SampleDisk.REGION)
                        .list(ImageQuery.ALL)
                        .images();
                assertThat(images).as(what).extracting(Image::id).containsExactlyInAnyOrderElementsOf(disks.keySet());
                for (Image image : images) {
                    try {
                        assertThat(disks.get(image.id()).isHeldBy(engine, image))
                                .as(what)
                                .isTrue();
                    } catch (IOException e) {
                        hit.add(image.id());
                    }
                }
            } catch (IOException e) {
                listed = false;
            }
            CheckResult result = engine.check(true, (done, total) -> {});
            if (!listed || !hit.isEmpty()) {
                assertThat(result.problems()).as(what).isNotEmpty();
            }
            Set<String> named = new HashSet<>();
            result.problems().stream()
                    .filter(problem -> problem.lengthBytes() > 0)
                    .forEach(problem -> named.addAll(problem.imageIds()));
            if (listed) {
                assertThat(named).as(what + " " + result.problems()).containsAll(hit);
            }
        } catch (IOException e) {
            assertThat(e.getMessage()).as(what).isNotBlank();
        }
        return true;
    }

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        if (Files.exists(to)) {
            for (Path file : files(to)) {
                Files.delete(file);
            }
        }
        for (Path file : files(from)) {
            Path target = to.resolve(from.relativize(file));
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
        }
    }
}
