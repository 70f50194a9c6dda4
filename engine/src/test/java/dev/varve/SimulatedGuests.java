package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.SimulatedWorld.Disk;
import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What those do in a {@link Simulation} who have volumes open. */
final class SimulatedGuests {
    /** What an unaligned write adds to a log beside its bytes: headers, the rest of two pages. */
    private static final int RECORD_BYTES = 16 << 10;

    private final Simulation simulation;
    private final SimulatedWorld world;
    private final Random random;

    SimulatedGuests(Simulation simulation) {
        this.simulation = simulation;
        this.world = simulation.world;
        this.random = simulation.random;
    }

    private @Nullable Disk usable() {
        return SimulatedWorld.any(world.disks.stream().filter(Disk::isUsable).toList(), random);
    }

    /** One of few blocks as often as not, so that many put the same content. */
    void write() throws IOException {
        int blockPages = simulation.process.chunkSizeBytes() / VolumeModel.PAGE;
        int kind = random.nextInt(10);
        if (kind < 5) {
            int firstPage = random.nextInt(VolumeModel.PAGES / blockPages) * blockPages;
            int pattern = SimulatedWorld.pattern(random);
            ByteBuffer block = ByteBuffer.allocate(blockPages * VolumeModel.PAGE);
            for (int i = 0; i < blockPages; i++) {
                block.put(SimulatedWorld.patternPage(pattern, i));
            }
            write(firstPage * VolumeModel.PAGE, block.array());
        } else if (kind < 8) {
            write(
                    random.nextInt(VolumeModel.PAGES) * VolumeModel.PAGE,
                    SimulatedWorld.patternPage(SimulatedWorld.pattern(random), 0));
        } else {
            int offset = random.nextInt(VolumeModel.BYTES);
            byte[] bytes = new byte[Math.min(VolumeModel.BYTES - offset, 1 + random.nextInt(9000))];
            random.nextBytes(bytes);
            write(offset, bytes);
        }
    }

    private void write(int offset, byte[] bytes) throws IOException {
        Disk disk = usable();
        if (disk == null || !hasRoom(disk, bytes.length)) {
            return;
        }
        simulation.note("%s at %d, %d bytes", disk.id, offset, bytes.length);
        disk.model.write(offset, bytes);
        run(disk, device -> device.write(ByteBuffer.wrap(bytes), offset));
    }

    void zero(boolean trim) throws IOException {
        Disk disk = usable();
        int offset = random.nextInt(VolumeModel.BYTES);
        offset = random.nextBoolean() ? offset : offset & -VolumeModel.PAGE;
        int length = Math.min(VolumeModel.BYTES - offset, 1 + random.nextInt(1 << (9 + random.nextInt(9))));
        if (disk == null || !hasRoom(disk, 0)) {
            return;
        }
        simulation.note("%s at %d, %d bytes", disk.id, offset, length);
        int from = offset;
        disk.model.zero(from, length);
        run(disk, device -> {
            if (trim) {
                device.trim(from, length);
            } else {
                device.writeZeroes(from, length);
            }
        });
    }

    /** On one thread nobody would fold a log that is full while its writer waits. */
    private boolean hasRoom(Disk disk, int bytes) throws IOException {
        int more = bytes + RECORD_BYTES;
        if (disk.logBytes + more > SimulatedProcess.LOG_BYTES / 2 - RECORD_BYTES) {
            simulation.keeper.settle();
        }
        boolean hasRoom = disk.isUsable() && disk.logBytes + more <= SimulatedProcess.LOG_BYTES / 2 - RECORD_BYTES;
        disk.logBytes += hasRoom ? more : 0;
        return hasRoom;
    }

    private interface Call {
        void on(BlockDevice device) throws IOException;
    }

    private void run(Disk disk, Call call) throws IOException {
        try {
            call.on(disk.device());
            disk.model.acknowledged();
        } catch (IOException e) {
            disk.failed = !goesOn(disk);
            throw e;
        }
    }

    /** A volume goes on as if what has failed had never been begun, or takes nothing until it is opened again. */
    private boolean goesOn(Disk disk) throws IOException {
        try {
            disk.device().flush();
        } catch (IOException e) {
            return false;
        }
        if (!simulation.process.hasStopped()) {
            disk.model.cutTo(SimulatedWorld.read(disk.device()), disk.id + " goes on");
            disk.model.flushed();
        }
        return true;
    }

    void flush() throws IOException {
        Disk disk = usable();
        if (disk != null) {
            simulation.note(disk.id);
            run(disk, BlockDevice::flush);
            disk.model.flushed();
        }
    }

    void read() throws IOException {
        Disk disk = usable();
        if (disk == null) {
            return;
        }
        int offset = random.nextInt(VolumeModel.BYTES);
        int length = Math.min(VolumeModel.BYTES - offset, 1 + random.nextInt(1 << (9 + random.nextInt(9))));
        ByteBuffer found = ByteBuffer.allocate(length);
        simulation.readOnly(() -> disk.device().read(found, offset));
        byte[] expected = SimulatedWorld.bytes(disk.model.current(), 0, VolumeModel.PAGES);
        simulation.note("%s at %d, %d bytes: %x", disk.id, offset, length, Arrays.hashCode(found.array()));
        assertThat(found.flip().mismatch(ByteBuffer.wrap(expected, offset, length)))
                .as("%s, first wrong byte of a read of %d at %d", disk.id, length, offset)
                .isEqualTo(-1);
    }

    /** What the map says is zeros is so, and it leaves nothing out. */
    void extents() throws IOException {
        Disk disk = usable();
        if (disk == null) {
            return;
        }
        List<Extent> extents = disk.device().extents(BlockDevice.ALLOCATION, 0, VolumeModel.BYTES, 1000);
        simulation.note("%s: %d", disk.id, extents.size());
        byte[] expected = SimulatedWorld.bytes(disk.model.current(), 0, VolumeModel.PAGES);
        long at = 0;
        for (Extent extent : extents) {
            assertThat(extent.offsetBytes()).as(disk.id).isEqualTo(at);
            at = Math.min(VolumeModel.BYTES, extent.endBytes());
            ByteBuffer part = ByteBuffer.wrap(expected, (int) extent.offsetBytes(), (int) (at - extent.offsetBytes()));
            assertThat(extent.set() || part.mismatch(ByteBuffer.allocate(part.remaining())) < 0)
                    .as("%s: %s is zeros", disk.id, extent)
                    .isTrue();
        }
        assertThat(at).as("%s: end of its map", disk.id).isEqualTo(VolumeModel.BYTES);
    }

    void attach() throws IOException {
        Disk disk = SimulatedWorld.any(
                world.disks.stream()
                        .filter(each -> each.device == null && !each.failed)
                        .toList(),
                random);
        if (disk == null) {
            return;
        }
        simulation.note(disk.id);
        disk.failed = true;
        disk.device = simulation.process.volumes().attach(disk.id);
        disk.failed = false;
        simulation.readOnly(() -> VolumeModel.requireEqual(
                disk.model.current(), SimulatedWorld.read(disk.device()), disk.id + " when it is opened"));
    }

    void detach() throws IOException {
        Disk disk = usable();
        if (disk != null) {
            simulation.note(disk.id);
            detach(disk);
        }
    }

    /** Closes a volume if it is open: then all of it is durable. */
    void detach(Disk disk) throws IOException {
        BlockDevice device = disk.device;
        if (device != null) {
            disk.device = null;
            disk.failed = true;
            device.close();
            disk.failed = false;
            disk.model.flushed();
        }
    }
}
