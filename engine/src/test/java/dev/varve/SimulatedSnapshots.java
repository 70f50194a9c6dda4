package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.SimulatedWorld.Disk;
import dev.varve.SimulatedWorld.Reading;
import dev.varve.SimulatedWorld.Shot;
import dev.varve.SimulatedWorld.Upload;
import dev.varve.block.BlockDevice;
import dev.varve.catalog.Ec2Exception;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What is done with snapshots in a {@link Simulation}. */
final class SimulatedSnapshots {
    private static final int MOST = 10;
    private static final int MOST_UPLOADS = 2;
    private static final int MOST_OPEN = 3;

    private final Simulation simulation;
    private final SimulatedWorld world;
    private final Random random;

    SimulatedSnapshots(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world;
        this.random = simulation.random;
    }

    /** Takes one of a volume, or one of each of several; open or not. */
    void take(boolean many) throws IOException {
        List<Disk> of = new ArrayList<>(
                world.disks.stream().filter(disk -> !disk.failed).toList());
        while (of.size() > (many ? 3 : 1)) {
            of.remove(random.nextInt(of.size()));
        }
        if (of.isEmpty() || world.shots.size() + of.size() > MOST) {
            return;
        }
        for (Disk disk : of) {
            simulation.machines.learnSize(disk);
        }
        List<String> ids = of.stream().map(disk -> disk.id).toList();
        List<Shot> taken = of.stream()
                .map(disk -> new Shot(
                        simulation.process.newId("snap-"),
                        disk.sizeGib << 30,
                        disk.model.current().clone()))
                .toList();
        simulation.note("%s of %s", taken.stream().map(Shot::id).toList(), ids);
        List<SnapshotRequest> requests = taken.stream()
                .map(shot -> SnapshotRequest.NEW.withId(shot.id()))
                .toList();
        try {
            simulation.process.volumes().snapshot(ids, requests);
            of.forEach(disk -> disk.model.flushed());
            world.shots.addAll(taken);
        } catch (IOException e) {
            of.forEach(disk -> disk.failed |= disk.device != null);
            world.doubts.add(() -> learnOf(taken));
            throw e;
        }
    }

    /** A call has failed: all of what it would have made is there, or nothing. */
    private void learnOf(List<Shot> taken) throws IOException {
        List<Shot> there = new ArrayList<>();
        for (Shot shot : taken) {
            if (simulation.exists(shot.id())) {
                there.add(shot);
            }
        }
        assertThat(there.size()).as("of %s, taken by one call", taken).isIn(0, taken.size());
        world.shots.addAll(there);
    }

    /** One that is completed, as it says. */
    private @Nullable Shot completed() throws IOException {
        Shot shot = SimulatedWorld.any(world.shots, random);
        return shot != null && isCompleted(shot) ? shot : null;
    }

    boolean isCompleted(Shot shot) throws IOException {
        Snapshot now = simulation.process.snapshots().get(shot.id());
        assertThat(now.sizeBytes()).as("size of %s", shot.id()).isEqualTo(shot.sizeBytes());
        assertThat(now.state()).as(shot.id()).isIn(SnapshotState.PENDING, SnapshotState.COMPLETED);
        return now.state() == SnapshotState.COMPLETED;
    }

    void look() throws IOException {
        Shot shot = completed();
        if (shot != null) {
            simulation.note(shot.id());
            try (BlockDevice device = device(shot)) {
                require(shot, device);
            }
        }
    }

    private BlockDevice device(Shot shot) throws IOException {
        return random.nextBoolean()
                ? simulation.process.volumes().open(shot.id())
                : simulation.process.snapshots().open(shot.id());
    }

    private void require(Shot shot, BlockDevice device) throws IOException {
        simulation.readOnly(() -> VolumeModel.requireEqual(shot.content(), SimulatedWorld.read(device), shot.id()));
    }

    /** Looks at all of them; where none may be pending any more, none is. */
    void requireAll(boolean settled) throws IOException {
        for (Shot shot : world.shots) {
            boolean isCompleted = isCompleted(shot);
            assertThat(isCompleted || !settled)
                    .as("%s is completed when all is done", shot.id())
                    .isTrue();
            if (isCompleted) {
                try (BlockDevice device = simulation.process.snapshots().open(shot.id())) {
                    require(shot, device);
                }
            }
        }
    }

    void open() throws IOException {
        Shot shot = world.readings.size() < MOST_OPEN ? completed() : null;
        if (shot != null) {
            simulation.note(shot.id());
            world.readings.add(new Reading(shot, device(shot)));
        }
    }

    /** Who has one open reads it, also when it was deleted meanwhile. */
    void readOpen() throws IOException {
        Reading reading = SimulatedWorld.any(world.readings, random);
        if (reading != null) {
            simulation.note(reading.shot().id());
            require(reading.shot(), reading.device());
        }
    }

    void close() throws IOException {
        Reading reading = SimulatedWorld.any(world.readings, random);
        if (reading != null) {
            simulation.note(reading.shot().id());
            world.readings.remove(reading);
            reading.device().close();
        }
    }

    /** Also one that is pending; not one that an image needs. */
    void delete() throws IOException {
        Shot shot = SimulatedWorld.any(world.shots, random);
        if (shot != null && world.doubts.isEmpty()) { // an image may need it that nobody knows of
            delete(shot);
        }
    }

    void delete(Shot shot) throws IOException {
        simulation.note(shot.id());
        if (world.pictures.stream().anyMatch(picture -> picture.uses(shot))) {
            assertThatThrownBy(() -> simulation.process.snapshots().delete(shot.id()))
                    .as("deleting %s, which an image uses", shot.id())
                    .isInstanceOfSatisfying(
                            Ec2Exception.class, e -> assertThat(e.code()).isEqualTo("InvalidSnapshot.InUse"));
            return;
        }
        world.shots.remove(shot);
        world.remember(shot);
        simulation.removing(
                shot.id(), () -> simulation.process.snapshots().delete(shot.id()), () -> world.shots.add(shot));
    }

    void beginUpload() throws IOException {
        if (world.uploads.size() < MOST_UPLOADS && world.shots.size() < MOST) {
            String id = simulation.process.newId("snap-");
            simulation.note(id);
            world.uploads.add(new Upload(simulation.process.snapshots().writer(SnapshotRequest.NEW.withId(id))));
        }
    }

    /** Some blocks of one that is being written. */
    void upload() throws IOException {
        Upload upload = SimulatedWorld.any(world.uploads, random);
        if (upload == null) {
            return;
        }
        simulation.note(upload.writer.id());
        world.uploads.remove(upload); // it has one writer, who may be held up
        int blockPages = simulation.process.chunkSizeBytes() / VolumeModel.PAGE;
        boolean done = false;
        try {
            for (int i = random.nextInt(4); i >= 0; i--) {
                int block = random.nextInt(VolumeModel.PAGES / blockPages);
                int pattern = SimulatedWorld.pattern(random);
                for (int page = 0; page < blockPages; page++) {
                    upload.content[block * blockPages + page] = SimulatedWorld.patternPage(pattern, page);
                }
                upload.writer.put(
                        block, ByteBuffer.wrap(SimulatedWorld.bytes(upload.content, block * blockPages, blockPages)));
            }
            world.uploads.add(upload);
            done = true;
        } finally {
            if (!done) {
                end(upload);
            }
        }
    }

    void endUpload() throws IOException {
        Upload upload = SimulatedWorld.any(world.uploads, random);
        if (upload != null && random.nextInt(4) == 0) {
            end(upload);
        } else if (upload != null) {
            world.uploads.remove(upload);
            Shot shot = new Shot(upload.writer.id(), VolumeModel.BYTES, upload.content);
            simulation.note(shot.id());
            boolean done = false;
            try {
                upload.writer.complete(VolumeModel.BYTES);
                world.shots.add(shot);
                done = true;
            } finally {
                if (!done) {
                    world.doubts.add(() -> learnOf(List.of(shot)));
                }
                upload.writer.close();
            }
        }
    }

    /** Gives one up. */
    void end(Upload upload) {
        simulation.note("without %s", upload.writer.id());
        world.uploads.remove(upload);
        world.gone.add(upload.writer.id());
        upload.writer.close();
    }
}
