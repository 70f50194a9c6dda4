package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.SimulatedWorld.Disk;
import dev.varve.SimulatedWorld.Doubt;
import dev.varve.SimulatedWorld.Upload;
import dev.varve.file.FaultyFiles.Call;
import dev.varve.image.Image;
import dev.varve.image.ImageQuery;
import dev.varve.instance.Instance;
import dev.varve.instance.InstanceQuery;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotQuery;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeQuery;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** How a process ends in a {@link Simulation}, and what has to be there in the next one. */
final class SimulatedFate {
    private static final Set<Call> TAKES_ROOM = Set.of(Call.WRITE, Call.CREATE, Call.CREATE_DIRECTORY);

    private final Simulation simulation;
    private final SimulatedWorld world;
    private final SimulatedProcess process;
    private final Random random;
    private boolean failing;

    SimulatedFate(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world;
        this.process = simulation.process;
        this.random = simulation.random;
    }

    /** Whether calls may fail though the process goes on. */
    boolean isFailing() {
        return failing;
    }

    /** Ends the process in good order, and starts it again. */
    void reopen() throws IOException {
        while (!world.uploads.isEmpty()) {
            simulation.snapshots.end(world.uploads.get(0));
        }
        for (Disk disk : List.copyOf(world.disks)) {
            if (!disk.failed) {
                simulation.guests.detach(disk);
            }
        }
        process.close();
        world.readings.clear();
        process.start();
        requireWhole(true);
    }

    void crashSoon() {
        if (!failing) { // one fault at a time: it is to be known whether it was met
            process.files.stopAt(random.nextInt(1 << random.nextInt(7)));
        }
    }

    /** Ends the process as it stands, perhaps several times over, and starts it again. */
    void crash(boolean powerCut) throws IOException {
        boolean lost = powerCut;
        die(powerCut);
        while (!started()) {
            boolean more = random.nextBoolean();
            lost |= more;
            die(more);
        }
        requireWhole(!lost);
    }

    private void die(boolean powerCut) throws IOException {
        simulation.note(powerCut ? "the power is cut" : "the process is killed");
        process.files.stop();
        if (process.isOnHeap()) {
            world.uploads.forEach(upload -> upload.writer.close()); // no other process drops what leases had
        }
        for (Upload upload : world.uploads) {
            world.gone.add(upload.writer.id());
        }
        world.uploads.clear();
        world.readings.clear();
        world.disks.forEach(disk -> disk.device = null);
        process.die(powerCut);
    }

    /** Starts the process, unless it dies meanwhile. */
    private boolean started() throws IOException {
        if (random.nextInt(3) == 0) {
            process.files.stopAt(random.nextInt(12));
        }
        try {
            process.start();
            for (Disk disk : world.disks) {
                if (process.files.changes() > 0 && simulation.exists(disk.id)) {
                    process.volumes().attach(disk.id).close();
                }
            }
            process.files.failNever();
            return !process.hasStopped();
        } catch (IOException e) {
            assertThat(process.hasStopped()).as("nothing has stopped it: %s", e).isTrue();
            return false;
        }
    }

    /** For a while, of what needs room much fails. */
    void fillDisk() throws IOException {
        Random falls = new Random(random.nextLong());
        process.files.failWhen(
                "No space left on device", (call, path) -> TAKES_ROOM.contains(call) && falls.nextInt(3) != 0);
        goOn();
    }

    /** One call fails: a bad sector, a failed sync, a write that was cut short. */
    void failOne() throws IOException {
        process.files.failAt(random.nextInt(40));
        goOn();
    }

    /** The process goes on for a while. Where something has failed, all is looked at in a new one. */
    private void goOn() throws IOException {
        failing = true;
        simulation.others(5 + random.nextInt(15));
        failing = false;
        if (!process.hasStopped()) {
            boolean hit = process.files.hit();
            process.files.failNever();
            if (hit) {
                crash(random.nextBoolean());
            }
        }
    }

    /**
     * All that was acknowledged is there and nothing else, as it should be; what was in doubt is known from now on.
     *
     * @param nothingWasLost whether volumes have all that was written to them, flushed or not
     */
    void requireWhole(boolean nothingWasLost) throws IOException {
        List<Doubt> doubts = List.copyOf(world.doubts);
        world.doubts.clear();
        for (Doubt doubt : doubts) {
            doubt.settle();
        }
        for (Disk disk : world.disks) {
            simulation.machines.learnSize(disk);
            disk.maybeGib.clear();
            disk.failed = false;
            disk.device = process.volumes().attach(disk.id);
            disk.model.cameBackAs(SimulatedWorld.read(disk.device()), nothingWasLost, disk.id);
        }
        requireLists();
        simulation.snapshots.requireAll(false);
        for (String id : world.gone) {
            assertThat(simulation.exists(id))
                    .as("%s was deleted, and is back", id)
                    .isFalse();
        }
        simulation.keeper.check(true);
        for (Disk disk : world.disks) {
            if (random.nextInt(3) == 0) {
                simulation.guests.detach(disk);
            }
        }
    }

    private void requireLists() throws IOException {
        assertThat(process.snapshots().list(SnapshotQuery.ALL).snapshots().stream()
                        .map(Snapshot::id))
                .as("snapshots")
                .containsExactlyInAnyOrderElementsOf(
                        world.shots.stream().map(SimulatedWorld.Shot::id).toList());
        assertThat(process.images().list(ImageQuery.ALL).images().stream().map(Image::id))
                .as("images")
                .containsExactlyInAnyOrderElementsOf(
                        world.pictures.stream().map(SimulatedWorld.Picture::id).toList());
        assertThat(process.instances().list(InstanceQuery.ALL).instances().stream()
                        .map(Instance::id))
                .as("instances")
                .containsExactlyInAnyOrderElementsOf(
                        world.machines.stream().map(SimulatedWorld.Machine::id).toList());
        assertThat(process.volumes().list(VolumeQuery.ALL).volumes().stream().map(Volume::id))
                .as("volumes")
                .containsExactlyInAnyOrderElementsOf(
                        world.disks.stream().map(disk -> disk.id).toList());
    }
}
