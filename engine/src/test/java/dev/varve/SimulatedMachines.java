package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.SimulatedWorld.Disk;
import dev.varve.SimulatedWorld.Machine;
import dev.varve.SimulatedWorld.Picture;
import dev.varve.SimulatedWorld.Shot;
import dev.varve.image.DeviceMapping;
import dev.varve.image.ImageRequest;
import dev.varve.image.VolumeType;
import dev.varve.instance.Attachment;
import dev.varve.instance.Instance;
import dev.varve.instance.LaunchRequest;
import dev.varve.snapshot.BlockSource;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.volume.VolumeRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What is done with images, instances and whole volumes in a {@link Simulation}. */
final class SimulatedMachines {
    private static final int MOST_PICTURES = 4;
    private static final int MOST_MACHINES = 3;
    private static final int MOST_DISKS = 6;
    private static final int MOST_SHOTS = 10;
    private static final long MOST_GIB = 4;

    private final Simulation simulation;
    private final SimulatedWorld world;
    private final Random random;

    SimulatedMachines(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world;
        this.random = simulation.random;
    }

    /** New content, or that of a snapshot, as it is or with some of it changed. */
    private byte[][] content(int pages) {
        Shot like = random.nextInt(3) == 0 ? null : world.anyEver(random);
        boolean same = random.nextBoolean();
        byte[][] content = VolumeModel.zeros();
        int blockPages = simulation.process.chunkSizeBytes() / VolumeModel.PAGE;
        for (int first = 0; first < pages; first += blockPages) {
            int pattern = SimulatedWorld.pattern(random);
            boolean isNew = like == null ? random.nextInt(4) != 0 : !same && random.nextInt(8) == 0;
            for (int page = first; page < Math.min(pages, first + blockPages); page++) {
                content[page] = isNew
                        ? SimulatedWorld.patternPage(pattern, page - first)
                        : like == null ? content[page] : like.content()[page];
            }
        }
        return content;
    }

    void importImage() throws IOException {
        if (world.pictures.size() >= MOST_PICTURES || world.shots.size() >= MOST_SHOTS) {
            return;
        }
        int pages = random.nextInt(3) != 0 ? VolumeModel.PAGES : 1 + random.nextInt(VolumeModel.PAGES);
        Shot shot = new Shot(simulation.process.newId("snap-"), (long) pages * VolumeModel.PAGE, content(pages));
        Picture picture = picture(List.of(DeviceMapping.of(ImageRequest.ROOT_DEVICE_NAME, shot.id())));
        simulation.note("%s, %s, %d pages", picture.id(), shot.id(), pages);
        boolean done = false;
        try {
            simulation
                    .process
                    .images()
                    .importImage(
                            ImageRequest.named(picture.name()).withId(picture.id()),
                            SnapshotRequest.NEW.withId(shot.id()),
                            BlockSource.of(new ByteArrayInputStream(SimulatedWorld.bytes(shot.content(), 0, pages))))
                    .run();
            world.shots.add(shot);
            world.pictures.add(picture);
            done = true;
        } finally {
            if (!done) {
                world.doubts.add(() -> learnOf(picture, List.of(shot)));
            }
        }
    }

    private Picture picture(List<DeviceMapping> mappings) {
        String id = simulation.process.newId("ami-");
        world.pictureMappings.put(id, mappings);
        return new Picture(id, "picture of " + id, mappings);
    }

    /** A call has failed: the image is there with its new snapshots, or nothing is. */
    private void learnOf(Picture picture, List<Shot> made) throws IOException {
        boolean isThere = simulation.exists(picture.id());
        for (Shot shot : made) {
            assertThat(simulation.exists(shot.id()))
                    .as("%s is there as %s is", shot.id(), picture.id())
                    .isEqualTo(isThere);
        }
        if (isThere) {
            world.pictures.add(picture);
            world.shots.addAll(made);
        }
    }

    /** An image of snapshots that are there: a root, a disk that outlives its instances, perhaps a blank one. */
    void register() throws IOException {
        Shot root = SimulatedWorld.any(world.shots, random);
        Shot other = SimulatedWorld.any(world.shots, random);
        if (world.pictures.size() >= MOST_PICTURES
                || root == null
                || other == null
                || !simulation.snapshots.isCompleted(root)
                || !simulation.snapshots.isCompleted(other)) {
            return;
        }
        List<DeviceMapping> mappings = new ArrayList<>();
        mappings.add(DeviceMapping.of(ImageRequest.ROOT_DEVICE_NAME, root.id()));
        mappings.add(new DeviceMapping("/dev/xvdb", other.id(), MOST_GIB, VolumeType.GP2, false));
        if (random.nextBoolean()) {
            mappings.add(DeviceMapping.blank("/dev/xvdc", 1));
        }
        Picture picture = picture(mappings);
        simulation.note("%s of %s and %s", picture.id(), root.id(), other.id());
        ImageRequest request = ImageRequest.named(picture.name()).withId(picture.id());
        for (DeviceMapping mapping : mappings) {
            request = request.withMapping(mapping);
        }
        boolean done = false;
        try {
            simulation.process.images().register(request);
            world.pictures.add(picture);
            done = true;
        } finally {
            if (!done) {
                world.doubts.add(() -> learnOf(picture, List.of()));
            }
        }
    }

    void deregister() throws IOException {
        Picture picture = SimulatedWorld.any(world.pictures, random);
        if (picture != null) {
            deregister(picture);
        }
    }

    void deregister(Picture picture) throws IOException {
        simulation.note(picture.id());
        world.pictures.remove(picture);
        simulation.removing(
                picture.id(),
                () -> simulation.process.images().deregister(picture.id()),
                () -> world.pictures.add(picture));
    }

    void launch() throws IOException {
        Picture picture = SimulatedWorld.any(world.pictures, random);
        if (picture == null || world.machines.size() >= MOST_MACHINES || world.disks.size() >= MOST_DISKS) {
            return;
        }
        List<String> ids = new ArrayList<>(List.of(simulation.process.newId("i-")));
        if (random.nextInt(3) == 0) {
            ids.add(simulation.process.newId("i-"));
        }
        simulation.note("%s of %s", ids, picture.id());
        List<Shot> roots = world.shots.stream().filter(picture::uses).toList(); // as they are at this moment
        boolean done = false;
        try {
            List<Instance> launched = simulation
                    .process
                    .instances()
                    .launch(LaunchRequest.of(picture.id()).withCount(ids.size()).withIds(ids));
            for (Instance instance : launched) {
                learnOf(instance, picture, roots);
            }
            done = true;
        } finally {
            if (!done) {
                world.doubts.add(() -> learnOf(ids, picture, roots));
            }
        }
    }

    /** A launch has failed: all of it is there, or nothing. */
    private void learnOf(List<String> ids, Picture picture, List<Shot> roots) throws IOException {
        List<String> there = new ArrayList<>();
        for (String id : ids) {
            if (simulation.exists(id)) {
                there.add(id);
            }
        }
        assertThat(there.size()).as("of %s, launched by one call", ids).isIn(0, ids.size());
        for (String id : there) {
            learnOf(simulation.process.instances().get(id), picture, roots);
        }
    }

    private void learnOf(Instance instance, Picture picture, List<Shot> roots) {
        List<String> going = new ArrayList<>();
        List<DeviceMapping> mappings = picture.mappings();
        assertThat(instance.attachments()).hasSameSizeAs(mappings);
        for (int i = 0; i < mappings.size(); i++) {
            Attachment attachment = instance.attachments().get(i);
            DeviceMapping mapping = mappings.get(i);
            assertThat(attachment.deviceName()).isEqualTo(mapping.deviceName());
            Shot shot = roots.stream()
                    .filter(each -> each.id().equals(mapping.snapshotId()))
                    .findFirst()
                    .orElse(null);
            String volumeId = String.valueOf(attachment.volumeId());
            long sizeGib = Math.max(mapping.volumeSizeGib(), shot == null ? 0 : gib(shot));
            Disk disk = new Disk(volumeId, sizeGib, shot == null ? VolumeModel.zeros() : shot.content());
            disk.machineId = instance.id();
            world.disks.add(disk);
            if (attachment.deleteOnTermination()) {
                going.add(volumeId);
            }
        }
        world.machines.add(new Machine(instance.id(), instance.volumeIds(), going));
    }

    private static long gib(Shot shot) {
        return (shot.sizeBytes() + (1L << 30) - 1) >> 30;
    }

    void terminate() throws IOException {
        Machine machine = SimulatedWorld.any(world.machines, random);
        if (machine != null && disks(machine).stream().noneMatch(disk -> disk.failed)) {
            terminate(machine);
        }
    }

    private List<Disk> disks(Machine machine) {
        return world.disks.stream()
                .filter(disk -> machine.id().equals(disk.machineId))
                .toList();
    }

    void terminate(Machine machine) throws IOException {
        simulation.note(machine.id());
        List<Disk> disks = disks(machine);
        for (Disk disk : disks) {
            simulation.guests.detach(disk);
        }
        world.machines.remove(machine);
        world.disks.removeAll(disks);
        simulation.removing(
                machine.id(),
                () -> simulation.process.instances().terminate(machine.id()),
                () -> {
                    world.machines.add(machine);
                    world.disks.addAll(disks);
                },
                () -> {
                    for (Disk disk : disks) {
                        if (machine.goingIds().contains(disk.id)) {
                            world.gone.add(disk.id);
                        } else {
                            disk.machineId = null;
                            world.disks.add(disk);
                        }
                    }
                });
    }

    void create() throws IOException {
        Shot shot = random.nextInt(4) == 0 ? null : SimulatedWorld.any(world.shots, random);
        if (world.disks.size() >= MOST_DISKS || shot != null && !simulation.snapshots.isCompleted(shot)) {
            return;
        }
        String id = simulation.process.newId("vol-");
        VolumeRequest request = VolumeRequest.NEW.withId(id);
        request = shot == null ? request.withSizeGib(1) : request.withSnapshotId(shot.id());
        Disk disk = new Disk(id, shot == null ? 1 : gib(shot), shot == null ? VolumeModel.zeros() : shot.content());
        simulation.note("%s of %s", id, shot == null ? "zeros" : shot.id());
        boolean done = false;
        try {
            simulation.process.volumes().create(request);
            world.disks.add(disk);
            done = true;
        } finally {
            if (!done) {
                world.doubts.add(() -> {
                    if (simulation.exists(id)) {
                        world.disks.add(disk);
                    }
                });
            }
        }
    }

    void delete() throws IOException {
        Disk disk = SimulatedWorld.any(
                world.disks.stream()
                        .filter(each -> each.machineId == null && !each.failed)
                        .toList(),
                random);
        if (disk != null) {
            delete(disk);
        }
    }

    void delete(Disk disk) throws IOException {
        simulation.note(disk.id);
        simulation.guests.detach(disk);
        world.disks.remove(disk);
        simulation.removing(disk.id, () -> simulation.process.volumes().delete(disk.id), () -> world.disks.add(disk));
    }

    void grow() throws IOException {
        Disk disk = SimulatedWorld.any(
                world.disks.stream()
                        .filter(each -> each.sizeGib < MOST_GIB && !each.failed)
                        .toList(),
                random);
        if (disk == null) {
            return;
        }
        simulation.note(disk.id);
        simulation.guests.detach(disk);
        disk.maybeGib.add(disk.sizeGib + 1);
        simulation.process.volumes().grow(disk.id, disk.sizeGib + 1);
        disk.sizeGib++;
        disk.maybeGib.clear();
    }

    /** Where it was to grow and that failed, it has grown or not. */
    void learnSize(Disk disk) throws IOException {
        long sizeGib = simulation.process.volumes().get(disk.id).sizeGib();
        if (disk.maybeGib.contains(sizeGib)) {
            disk.sizeGib = sizeGib;
        }
        assertThat(sizeGib).as("size of %s", disk.id).isEqualTo(disk.sizeGib);
    }
}
