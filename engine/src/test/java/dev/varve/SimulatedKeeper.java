package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.SimulatedWorld.Doubt;
import dev.varve.catalog.Ec2Exception;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What a store does for itself in a {@link Simulation}, or somebody for it. */
final class SimulatedKeeper {
    private final Simulation simulation;
    private final SimulatedProcess process;
    private final Random random;

    SimulatedKeeper(Simulation simulation) {
        this.simulation = simulation;
        this.process = simulation.process;
        this.random = simulation.random;
    }

    /** As often as not twice: what the first condemns goes with the second, if nobody needs it meanwhile. */
    void collect() throws IOException {
        boolean twice = random.nextBoolean();
        collect(random.nextInt(4) == 0 ? Engine.DEFAULT_GRACE : Duration.ZERO, random.nextInt(8) == 0);
        if (twice) {
            collect(Duration.ZERO, false);
        }
    }

    /** What a collection has condemned, no later one finds needed. */
    void collect(Duration grace, boolean dryRun) throws IOException {
        simulation.note("with a grace of %s%s", grace, dryRun ? ", dry" : "");
        GarbageReport report = process.engine().collectGarbage(grace, dryRun);
        simulation.note(
                "%d needed, %d condemned, %d dropped, %d packs",
                report.needed().chunks(),
                report.condemned().chunks(),
                report.dropped().chunks(),
                report.packs());
        assertThat(report.broughtBack().chunks() + report.broughtBack().nodes())
                .as("condemned, and needed")
                .isZero();
    }

    /** Brings back what was deleted; an image with those of its snapshots that were. */
    void restore() throws IOException {
        SimulatedWorld world = simulation.world;
        if (!world.doubts.isEmpty()) {
            return; // nobody knows what was deleted
        }
        List<String> all = restorable();
        assertThat(world.bin.keySet()).as("what was deleted").containsAll(all);
        String id = SimulatedWorld.any(all, random);
        if (id == null) {
            return;
        }
        simulation.note(id);
        switch (id.substring(0, id.indexOf('-'))) {
            case "snap" -> restore(List.of(id), () -> process.snapshots().restore(id));
            case "vol" -> restore(List.of(id), () -> process.volumes().restore(id));
            default -> restoreImage(id, all);
        }
    }

    private List<String> restorable() throws IOException {
        return process.engine().restorable(SampleDisk.ACCOUNT, SampleDisk.REGION).stream()
                .map(Restorable::id)
                .sorted()
                .toList();
    }

    private void restoreImage(String id, List<String> restorable) throws IOException {
        List<String> back = new ArrayList<>(List.of(id));
        back.addAll(simulation.world.pictureSnapshots(id).stream()
                .filter(snapshotId -> simulation.world.shot(snapshotId) == null)
                .toList());
        if (restorable.containsAll(back)) {
            restore(back, () -> process.images().restore(id));
        } else {
            assertThatThrownBy(() -> process.images().restore(id)).isInstanceOf(Ec2Exception.class);
        }
    }

    private void restore(List<String> ids, Doubt call) throws IOException {
        boolean done = false;
        try {
            call.settle();
            done = true;
            ids.forEach(simulation.world::bringBack);
        } finally {
            if (!done) {
                simulation.world.doubts.add(() -> {
                    boolean isBack = simulation.exists(ids.get(0));
                    for (String id : ids) {
                        assertThat(simulation.exists(id))
                                .as("%s is back as %s is", id, ids.get(0))
                                .isEqualTo(isBack);
                    }
                    if (isBack) {
                        ids.forEach(simulation.world::bringBack);
                    }
                });
            }
        }
    }

    void check() throws IOException {
        check(random.nextBoolean());
    }

    void check(boolean data) throws IOException {
        simulation.readOnly(() -> assertThat(
                        process.engine().check(data, (done, total) -> {}).problems())
                .isEmpty());
    }

    void background() {
        for (int i = random.nextInt(3); i >= 0; i--) {
            boolean isDone = process.background.step(random);
            simulation.note(isDone ? "something" : "nothing");
        }
    }

    /** All that is to be done in the background is done: no log is long then, unless calls fail. */
    void settle() {
        process.background.settle();
        if (!simulation.fate.isFailing() && !process.hasStopped()) {
            simulation.world.disks.forEach(disk -> disk.logBytes = 0);
        }
    }

    void time() {
        process.pass(Duration.ofSeconds(random.nextInt(2_000)));
    }

    /** The room of what was deleted comes back, all of it; what the snapshots need stays. */
    void requireExactRoom() throws IOException {
        process.pass(Engine.DEFAULT_GRACE.plusSeconds(1));
        collect(Duration.ZERO, false);
        process.pass(Engine.DEFAULT_GRACE.plusSeconds(1));
        collect(Duration.ZERO, false);
        EngineStats stats = process.engine().stats();
        int blocks = simulation.world.blockCount(process.chunkSizeBytes());
        assertThat(stats.chunks()).as("chunks that are left").isEqualTo(blocks);
        if (blocks == 0) {
            GarbageReport left = process.engine().collectGarbage(Duration.ZERO, true);
            assertThat(left.needed().nodes()
                            + left.kept().nodes()
                            + left.condemned().nodes()
                            + left.waiting().nodes())
                    .as("nodes that are left")
                    .isZero();
            assertThat(stats.packBytes()).as("bytes that are left").isZero();
        }
    }
}
