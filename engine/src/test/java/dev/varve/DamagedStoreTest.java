package dev.varve;

import static dev.varve.SampleDisk.ACCOUNT;
import static dev.varve.SampleDisk.REGION;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.chunk.FrameHeader;
import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import dev.varve.snapshot.SnapshotReader;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages one file of a store, whatever file and in whatever way: it is detected or harmless, and no read gives wrong bytes.
 * What can be opened is then repaired from a copy of the store, and what was damaged in packs, or in volumes' logs, is whole
 * again. What was refused is as it was: with the file put right nothing is missing. With its index rebuilt, with the help of
 * the copy, nothing is missing either, whatever was damaged of the index or beside it.
 *
 * <p>{@code -Dvarve.damages=20000} for so many; {@code -Dvarve.seed} repeats.
 */
@Tag("harness")
class DamagedStoreTest {
    private static final int DAMAGES = Integer.getInteger("varve.damages", 500);
    private static final long SEED = Long.getLong("varve.seed", System.nanoTime());
    private static final int TRIES_A_DAMAGE = 4;
    private static final int DISKS = 3;
    private static final int BLOCKS = 24;
    private static final int VOLUME_BYTES = 512 << 10;

    @TempDir
    Path folder;

    private final Map<String, SampleDisk> disks = new HashMap<>();
    private final byte[] written = new byte[VOLUME_BYTES];
    private String volumeId = "";
    private String snapshotId = "";

    /** What can happen to a file. */
    private enum Damage {
        BIT,
        BYTE,
        ZEROS,
        /** Two parts of one length change places; in a pack, two frames. */
        SWAP,
        /** It is as it was some time ago. */
        STALE,
        CUT,
        DELETED
    }

    /** @param opensLate whether a damaged log is repaired before its volume is opened */
    private record Trial(String what, Path file, Damage damage, boolean wasKilled, boolean opensLate) {
        /** Of a log that was closed it is known how far it went. */
        boolean isEndUnknown() {
            return wasKilled && (damage == Damage.DELETED || damage == Damage.CUT);
        }
    }

    @Test
    void isDetectedOrHarmlessAndRepaired() throws IOException {
        Path early = folder.resolve("early");
        Path killed = folder.resolve("killed");
        Path closed = folder.resolve("closed");
        fill(early, killed, closed);
        Path second = folder.resolve("second");
        copy(closed, second);
        copy(closed, folder.resolve("copy"));
        int detected = 0;
        int harmless = 0;
        Random random = new Random(SEED);
        try (ContentSource source = Engine.openContent(second, options())) {
            for (int i = 0; detected + harmless < DAMAGES; i++) {
                assertThat(i).as("tries, varve.seed=" + SEED).isLessThan(TRIES_A_DAMAGE * DAMAGES);
                Path pristine = i % 2 == 0 ? closed : killed;
                Trial trial = damage(pristine, early, i / 2, random);
                if (trial == null) {
                    continue;
                }
                boolean rebuilds = isOfTheIndex(trial.file);
                if (rebuilds) {
                    copy(folder.resolve("work"), folder.resolve("rebuilt"));
                }
                if (examine(trial, pristine, source)) {
                    detected++;
                } else {
                    harmless++;
                }
                if (rebuilds) {
                    rebuild(trial, folder.resolve("copy"), source);
                }
            }
        }
        System.out.println(DAMAGES + " damages: " + detected + " detected, " + harmless + " harmless");
        assertThat(detected).isPositive();
    }

    private static EngineOptions options() {
        return SampleDisk.options().withBudgets(2 << 20, 1 << 20, 8 << 20);
    }

    private void fill(Path early, Path killed, Path closed) throws IOException {
        Path store = folder.resolve("store");
        Random random = new Random(1);
        random.nextBytes(written);
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, options())) {
            importDisk(engine, 0);
            volumeId = engine.volumes(ACCOUNT, REGION)
                    .create(VolumeRequest.NEW.withSizeGib(1))
                    .id();
            write(engine, VOLUME_BYTES / 2);
        }
        copy(store, early);
        try (Engine engine = Engine.open(store, options())) {
            for (int i = 1; i < DISKS; i++) {
                importDisk(engine, i);
            }
            snapshotId = engine.volumes(ACCOUNT, REGION)
                    .snapshot(volumeId, SnapshotRequest.NEW)
                    .id();
            while (engine.snapshots(ACCOUNT, REGION).get(snapshotId).state() == SnapshotState.PENDING) {
                Thread.onSpinWait();
            }
            write(engine, VOLUME_BYTES);
            copy(store, killed);
        }
        copy(store, closed);
    }

    private void importDisk(Engine engine, int number) throws IOException {
        SampleDisk disk = new SampleDisk(number, BLOCKS);
        disks.put(disk.importInto(engine).id(), disk);
    }

    private void write(Engine engine, int length) throws IOException {
        try (BlockDevice disk = engine.volumes(ACCOUNT, REGION).attach(volumeId)) {
            disk.write(ByteBuffer.wrap(written, 0, length), 0);
            disk.flush();
        }
    }

    /** Damages a copy of a store; null when the file has nothing to be damaged so. */
    private @Nullable Trial damage(Path pristine, Path early, int number, Random random) throws IOException {
        TreeMap<String, List<Path>> kinds = new TreeMap<>();
        for (Path file : files(pristine)) {
            if (Files.size(file) > 0) {
                kinds.computeIfAbsent(kind(file), k -> new ArrayList<>()).add(pristine.relativize(file));
            }
        }
        List<String> names = List.copyOf(kinds.keySet());
        assertThat(names).contains("FORMAT", "HEAD", "MANIFEST", "CURRENT", "pack", "log");
        List<Path> some = kinds.get(names.get(number % names.size()));
        Path file = some.get(random.nextInt(some.size()));
        Damage damage = Damage.values()[number / names.size() % Damage.values().length];
        Path work = folder.resolve("work");
        copy(pristine, work);
        byte[] before = Files.readAllBytes(work.resolve(file));
        byte[] after = damaged(before, file, early, damage, random);
        if (after == null) {
            Files.delete(work.resolve(file));
        } else if (Arrays.equals(after, before)) {
            return null;
        } else {
            Files.write(work.resolve(file), after);
        }
        String what = "varve.seed=" + SEED + ", " + number + (pristine.endsWith("closed") ? ", closed" : ", killed")
                + ": " + damage + " in " + file + (after == null ? "" : " at " + Arrays.mismatch(before, after));
        return new Trial(what, file, damage, pristine.endsWith("killed"), random.nextBoolean());
    }

    private static byte @Nullable [] damaged(byte[] before, Path file, Path early, Damage damage, Random random)
            throws IOException {
        byte[] bytes = before.clone();
        int at = random.nextInt(bytes.length);
        switch (damage) {
            case BIT -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case BYTE -> bytes[at] ^= (byte) (1 + random.nextInt(255));
            case ZEROS -> Arrays.fill(bytes, at & -4096, Math.min(bytes.length, (at & -4096) + 4096), (byte) 0);
            case SWAP -> swap(bytes, kind(file).equals("pack"), random);
            case STALE -> {
                Path old = early.resolve(file);
                return Files.exists(old) ? Files.readAllBytes(old) : before;
            }
            case CUT -> {
                return Arrays.copyOf(bytes, at);
            }
            case DELETED -> {
                return null;
            }
        }
        return bytes;
    }

    private static void swap(byte[] bytes, boolean frames, Random random) {
        int length = Math.min(bytes.length / 2, 1 + random.nextInt(8192));
        int first = random.nextInt(bytes.length - 2 * length + 1);
        int second = first + length + random.nextInt(bytes.length - first - 2 * length + 1);
        if (frames) {
            Map<Integer, List<Integer>> offsets = new TreeMap<>();
            for (int at = 0; at + FrameHeader.BYTES <= bytes.length; at++) {
                ByteBuffer header = ByteBuffer.wrap(bytes, at, FrameHeader.BYTES);
                if (header.getInt(at) == FrameHeader.MAGIC) {
                    offsets.computeIfAbsent(FrameHeader.read(header).frameBytes(), n -> new ArrayList<>())
                            .add(at);
                }
            }
            List<Map.Entry<Integer, List<Integer>>> equal = offsets.entrySet().stream()
                    .filter(each -> each.getValue().size() > 1)
                    .toList();
            if (!equal.isEmpty()) {
                Map.Entry<Integer, List<Integer>> one = equal.get(random.nextInt(equal.size()));
                length = one.getKey();
                first = one.getValue().get(0);
                second = one.getValue().get(1 + random.nextInt(one.getValue().size() - 1));
            }
        }
        byte[] kept = Arrays.copyOfRange(bytes, first, first + length);
        System.arraycopy(bytes, second, bytes, first, length);
        System.arraycopy(kept, 0, bytes, second, length);
    }

    /** Whether it was detected. */
    private boolean examine(Trial trial, Path pristine, ContentSource source) throws IOException {
        Path work = folder.resolve("work");
        Engine engine;
        try {
            engine = Engine.open(work, options());
        } catch (IOException e) {
            assertThat(e.getMessage()).as(trial.what).contains(work.toString());
            Files.copy(
                    pristine.resolve(trial.file),
                    work.resolve(trial.file),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            try (Engine mended = Engine.open(work, options())) {
                assertThat(lost(mended, trial)).as(trial.what + ", put right").isEmpty();
                assertThat(problems(mended)).as(trial.what + ", put right").isEmpty();
            }
            return true;
        }
        boolean detected;
        try (engine) {
            boolean found = kind(trial.file).equals("log") && trial.opensLate && repair(engine, trial, source);
            Set<String> lost = lost(engine, trial);
            CheckResult result = engine.check(true, (done, total) -> {});
            Set<String> named = new HashSet<>();
            result.problems().forEach(problem -> {
                named.addAll(problem.imageIds());
                named.add(String.valueOf(problem.snapshotId()));
            });
            detected = found || !result.isClean() || !lost.isEmpty();
            assertThat(named).as(trial.what + " " + result.problems()).containsAll(lost);
            repair(engine, trial, source);
        } catch (IOException e) {
            if (kind(trial.file).equals("pack") || kind(trial.file).equals("log")) {
                throw new AssertionError(trial.what + ": whatever is in it, a check and a repair end", e);
            }
            assertThat(e.getMessage()).as(trial.what).isNotBlank();
            detected = true;
        }
        return detected;
    }

    /** Whether it found something to mend. */
    private boolean repair(Engine engine, Trial trial, ContentSource source) throws IOException {
        RepairReport report =
                engine.repair(List.of(RepairSource.ofStore("second", source)), false, (done, total) -> {});
        Set<String> lost = lost(engine, trial);
        if (kind(trial.file).equals("pack")) {
            assertThat(report.left().problems()).as(trial.what + ", repaired").isEmpty();
            assertThat(lost).as(trial.what + ", repaired").isEmpty();
            assertThat(problems(engine)).as(trial.what + ", repaired").isEmpty();
        } else if (kind(trial.file).equals("log")) {
            assertThat(report.left().problems())
                    .as(trial.what + ", repaired")
                    .filteredOn(problem ->
                            !trial.isEndUnknown() || !problem.message().contains("what was written later"))
                    .isEmpty();
            assertThat(lost).as(trial.what + ", repaired").isEmpty();
        } else if (report.left().isClean()) {
            assertThat(lost).as(trial.what + ", repaired").isEmpty();
        }
        return !report.found().isEmpty();
    }

    private static boolean isOfTheIndex(Path file) {
        return file.startsWith("index") || file.startsWith("HEAD") || file.endsWith("FORMAT");
    }

    /** Records of the copy are as new as the store's own. */
    private void rebuild(Trial trial, Path copy, ContentSource source) throws IOException {
        Path rebuilt = folder.resolve("rebuilt");
        IndexRebuild.run(rebuilt, List.of(copy), false, options(), (done, total) -> {});
        try (Engine engine = Engine.open(rebuilt, options())) {
            RepairReport report =
                    engine.repair(List.of(RepairSource.ofStore("second", source)), false, (done, total) -> {});
            assertThat(report.left().problems()).as(trial.what + ", rebuilt").isEmpty();
            assertThat(lost(engine, trial)).as(trial.what + ", rebuilt").isEmpty();
        }
    }

    private static List<CheckProblem> problems(Engine engine) throws IOException {
        return engine.check(true, (done, total) -> {}).problems();
    }

    /** What can't be read; whatever can is as it was. */
    private Set<String> lost(Engine engine, Trial trial) throws IOException {
        Set<String> lost = new HashSet<>();
        List<Image> images = engine.images(ACCOUNT, REGION).list(ImageQuery.ALL).images();
        assertThat(images).as(trial.what).extracting(Image::id).containsExactlyInAnyOrderElementsOf(disks.keySet());
        for (Image image : images) {
            try {
                assertThat(disks.get(image.id()).isHeldBy(engine, image))
                        .as(trial.what)
                        .isTrue();
            } catch (IOException e) {
                lost.add(image.id());
            }
        }
        try (SnapshotReader disk = engine.snapshots(ACCOUNT, REGION).open(snapshotId)) {
            requireWritten(disk, VOLUME_BYTES / 2, trial);
        } catch (IOException e) {
            lost.add(snapshotId);
        }
        try (BlockDevice disk = engine.volumes(ACCOUNT, REGION).attach(volumeId)) {
            requireWritten(disk, VOLUME_BYTES, trial);
        } catch (IOException e) {
            lost.add(volumeId);
        }
        return lost;
    }

    private void requireWritten(BlockDevice disk, int length, Trial trial) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(VOLUME_BYTES);
        disk.read(found, 0);
        byte[] expected = Arrays.copyOf(Arrays.copyOf(written, length), VOLUME_BYTES);
        assertThat(Arrays.mismatch(found.array(), expected)).as(trial.what).isEqualTo(-1);
    }

    private static String kind(Path file) {
        String folder =
                file.getParent() == null ? "" : file.getParent().getFileName().toString();
        String kind = file.getFileName().toString().replaceAll("^.*\\.", "").replaceAll("[-0-9].*$", "");
        return kind.equals("log") && !folder.equals("volumes") ? "wal" : kind;
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
