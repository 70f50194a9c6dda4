package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.file.FaultyFiles;
import dev.varve.file.FileTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Stops a process with volumes, or lets one call fail, at calls of files and commits of the store that it makes; also
 * while snapshots are folded, and again while it recovers. Then every volume is a prefix of its history that has all that
 * was flushed, and every snapshot that was returned is completed and equals its moment.
 *
 * <p>With {@code -Dvarve.long=true} at each change; else at each so many, beginning anywhere. {@code -Dvarve.seed} repeats.
 */
@ExtendWith(MutedErr.class)
@Tag("harness")
class VolumeStoreCrashTest {
    private static final boolean LONG = Boolean.getBoolean("varve.long");
    private static final Set<String> IN_SHORT = Set.of("folds and snapshots", "collected");
    private static final long SEED = Long.getLong("varve.seed", System.nanoTime());

    @TempDir
    Path tmp;

    /** What happens at a change. */
    enum Fault {
        POWER_CUT,
        KILL,
        /** The call fails, a read too, and the process goes on: a bad sector, a failed sync, a torn write. */
        ONE_FAILS,
        NO_SPACE,
        /** A read or a write does a part only. */
        SHORT;

        boolean ends() {
            return this == POWER_CUT || this == KILL;
        }
    }

    static Stream<Arguments> workloads() {
        return VolumeWorkload.ALL.stream()
                .flatMap(mix -> Stream.of(Fault.values()).map(fault -> Arguments.of(mix, fault)));
    }

    @ParameterizedTest
    @MethodSource("workloads")
    void volumesAreMomentsOfTheirHistoryAndSnapshotsAreWhole(VolumeWorkload mix, Fault fault) throws IOException {
        crashEverywhere(mix, fault, true, LONG ? 1 : fault.ends() ? 17 : 37);
    }

    static Stream<Arguments> fewWorkloads() {
        return workloads().filter(each -> LONG || IN_SHORT.contains(((VolumeWorkload) each.get()[0]).name()));
    }

    /** The same over packs: chunks of folds are on files that forget, too. */
    @ParameterizedTest
    @MethodSource("fewWorkloads")
    void theSameOverPacks(VolumeWorkload mix, Fault fault) throws IOException {
        crashEverywhere(mix, fault, false, LONG ? 3 : fault.ends() ? 29 : 61);
    }

    private void crashEverywhere(VolumeWorkload mix, Fault fault, boolean onHeap, int stride) throws IOException {
        int change = new Random(SEED ^ mix.name().hashCode() ^ fault.name().hashCode()).nextInt(stride);
        boolean hit = crashAt(change, mix, fault, onHeap);
        while (!hit && change > 0) { // it makes fewer changes than that
            change /= 2;
            hit = crashAt(change, mix, fault, onHeap);
        }
        int hits = 0;
        for (; hit; change += stride) {
            hits++;
            hit = crashAt(change + stride, mix, fault, onHeap);
        }
        assertThat(hits).as(mix + ", " + fault + ": hits, varve.seed=" + SEED).isPositive();
        if (LONG) {
            System.out.println(mix + ", " + fault + (onHeap ? "" : ", packs") + ": " + hits + " hits");
        }
    }

    private boolean crashAt(int change, VolumeWorkload mix, Fault fault, boolean onHeap) throws IOException {
        long seed = LONG ? SEED : SEED + change;
        String what = mix + ", " + fault + " at change " + change + ", varve.seed=" + SEED;
        Path folder = tmp.resolve("run");
        FaultyFiles files = new FaultyFiles(seed ^ change, tmp.resolve("graves"));
        VolumeWorld world = new VolumeWorld(mix, seed, files, folder, onHeap, what);
        Random random = new Random(seed * 31 + change);
        world.begin();
        boolean hit = fault.ends() ? workUntil(world, files, change) : workOn(world, files, change, fault);
        boolean cut = fault == Fault.POWER_CUT || !fault.ends() && random.nextBoolean();
        boolean lost = cut;
        world.die(cut);
        for (int again = random.nextInt(3); again > 0; again--) {
            files.stopAt(random.nextInt(24));
            try {
                world.recover();
            } catch (IOException e) {
                assertThat(files.hit()).as(what + ", recovering: " + e).isTrue();
            }
            cut = fault != Fault.KILL && random.nextBoolean();
            lost |= cut;
            world.die(cut);
        }
        world.requireWhole(!lost);
        world.work(VolumeWorkload.STEPS / 8, true);
        world.flushAll();
        world.die(true);
        world.requireWhole(false);
        world.die(false);
        FileTree.clear(tmp);
        return hit;
    }

    private static boolean workUntil(VolumeWorld world, FaultyFiles files, int change) {
        files.stopAt(change);
        try {
            world.work(VolumeWorkload.STEPS, false);
        } catch (IOException e) {
            // the stop
        }
        return files.hit();
    }

    private static boolean workOn(VolumeWorld world, FaultyFiles files, int call, Fault fault) throws IOException {
        files.faultAt(
                call,
                switch (fault) {
                    case NO_SPACE -> FaultyFiles.Fault.NO_SPACE;
                    case SHORT -> FaultyFiles.Fault.SHORT;
                    default -> FaultyFiles.Fault.IO_ERROR;
                });
        world.work(VolumeWorkload.STEPS, true);
        boolean hit = files.hit();
        files.failNever();
        return hit;
    }
}
