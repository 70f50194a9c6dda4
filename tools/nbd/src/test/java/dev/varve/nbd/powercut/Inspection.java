package dev.varve.nbd.powercut;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.NewStore;
import dev.varve.block.BlockDevice;
import dev.varve.catalog.Ec2Exception;
import dev.varve.instance.Instance;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Opens a store after a cut, and looks at every promise; what does not hold is a {@link BrokenPromise}. */
final class Inspection {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long PAUSE_NANOS = 1_000_000;

    private final World world;
    private final EngineScope scope;
    private final Engine engine;
    private final Map<String, Boolean> exists = new HashMap<>();
    private final Map<String, long[]> found = new HashMap<>();

    private Inspection(World world, Engine engine) {
        this.world = world;
        this.engine = engine;
        scope = StoreProcess.scope(engine);
    }

    static void run(World world, Path store, long logBytes) {
        try (Engine engine = open(world, store, logBytes)) {
            new Inspection(world, engine).all();
        } catch (IOException | RuntimeException e) {
            throw new BrokenPromise("the store fails: " + e, e);
        }
    }

    /** A store whose making had not been promised may have to be made again. */
    private static Engine open(World world, Path store, long logBytes) throws IOException {
        try {
            return Engine.open(store, StoreProcess.options(logBytes));
        } catch (IOException e) {
            if (world.isCreated()) {
                throw e;
            }
            return Engine.create(store, NewStore.DEFAULT, StoreProcess.options(logBytes));
        }
    }

    private void all() throws IOException {
        presence();
        volumes(false);
        settle();
        snapshots();
        volumes(true);
        goesOn();
        var problems = engine.check(true, (done, total) -> {}).problems();
        if (!problems.isEmpty()) {
            throw new BrokenPromise("check --data finds " + problems);
        }
    }

    private interface Look {
        Object at(String id) throws IOException;
    }

    private Look kindOf(String id) {
        if (id.startsWith(World.IMAGE)) {
            return scope.images()::get;
        }
        if (id.startsWith(World.SNAPSHOT)) {
            return scope.snapshots()::get;
        }
        return id.startsWith(World.VOLUME) ? scope.volumes()::get : scope.instances()::get;
    }

    private boolean exists(String id) throws IOException {
        try {
            kindOf(id).at(id);
            return true;
        } catch (Ec2Exception e) {
            return false;
        }
    }

    private void presence() throws IOException {
        Map<String, Boolean> made = new HashMap<>();
        for (World.Thing thing : world.all("")) {
            boolean isThere = exists(thing.id);
            exists.put(thing.id, isThere);
            require(isThere || thing.presence != World.Presence.THERE, thing.id + " is gone");
            require(!isThere || thing.presence != World.Presence.GONE, thing.id + " was deleted, and is back");
            if (thing.presence == World.Presence.MAYBE && !thing.isBeingDeleted) {
                Boolean others = made.putIfAbsent(thing.maker, isThere);
                require(others == null || others == isThere, "half is there of what one call makes: " + thing.maker);
            }
            if (isThere && thing.is(World.INSTANCE)) {
                Instance instance = scope.instances().get(thing.id);
                for (String volume : instance.volumeIds()) {
                    require(exists(volume), volume + " of " + thing.id + " is gone");
                }
            }
        }
    }

    /** Each is in a state that it may be in, and in that one it stays when all is folded. */
    private void volumes(boolean again) throws IOException {
        for (World.Thing thing : world.all(World.VOLUME)) {
            if (exists.getOrDefault(thing.id, false)) {
                try (BlockDevice volume = scope.volumes().attach(thing.id)) {
                    long gib = volume.sizeBytes() >> 30;
                    require(gib == thing.sizeGib || gib == thing.maybeGib, thing.id + " has " + gib + " GiB");
                    long[] stamps = read(volume, DiskStates.PAGES);
                    if (again) {
                        requireEqual(found.get(thing.id), stamps, thing.id + ", folded");
                    } else {
                        thing.disk().requireOne(stamps, thing.id);
                        found.put(thing.id, stamps);
                    }
                }
            }
        }
    }

    static long[] read(BlockDevice disk, int pages) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min((long) pages * Stamps.PAGE, disk.sizeBytes()));
        disk.read(bytes, 0);
        return Stamps.of(bytes.array());
    }

    private void settle() throws IOException {
        long until = System.nanoTime() + PATIENCE_NANOS;
        for (World.Thing thing : world.all(World.SNAPSHOT)) {
            while (exists.get(thing.id) && scope.snapshots().get(thing.id).state() == SnapshotState.PENDING) {
                require(System.nanoTime() < until, thing.id + " stays pending");
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private void snapshots() throws IOException {
        for (World.Thing thing : world.all(World.SNAPSHOT)) {
            if (exists.get(thing.id)) {
                Snapshot snapshot = scope.snapshots().get(thing.id);
                require(snapshot.state() == SnapshotState.COMPLETED, thing.id + " is " + snapshot.state());
                try (BlockDevice disk = scope.snapshots().open(thing.id)) {
                    requireEqual(thing.content, read(disk, thing.content.length), thing.id);
                }
            }
        }
    }

    /** The store takes new things, and a collection finds all that is needed. */
    private void goesOn() throws IOException {
        String id = scope.volumes().create(VolumeRequest.NEW.withSizeGib(1)).id();
        long[] stamps = {1, 2, 3};
        try (BlockDevice volume = scope.volumes().attach(id)) {
            volume.write(ByteBuffer.wrap(Stamps.bytes(stamps)), 0);
            volume.flush();
            requireEqual(stamps, read(volume, stamps.length), "a new volume");
        }
        scope.volumes().delete(id);
        for (int i = 0; i < 2; i++) {
            engine.collectGarbage(Duration.ZERO, false); // condemns, and drops
        }
    }

    private static void requireEqual(long[] expected, long[] stamps, String what) {
        require(
                Arrays.equals(expected, stamps),
                what + " is not as it was: " + DiskStates.difference(expected, stamps));
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new BrokenPromise(otherwise);
        }
    }
}
