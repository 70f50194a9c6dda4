package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.SimulatedWorld.Disk;
import dev.varve.SimulatedWorld.Doubt;
import dev.varve.catalog.Ec2Exception;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A history of all that is done with a store, made of a number: the same number makes the same history again, call by call
 * and byte by byte. Everything happens on one thread. Several are under way at a time all the same: whoever imports, folds or
 * collects is held up at each chunk, and others go on meanwhile; uploads, readers and attached volumes last as long as they
 * like. The process is killed, or the power is cut, at any change to a file, and again while it starts; the disk fills.
 *
 * <p>What the engine answers is compared with a {@link SimulatedWorld} all the time, and all of it whenever a process has
 * started. At the end all that was written is folded; then volumes go, and exactly the blocks of the snapshots are left; then
 * all goes, and nothing is left.
 */
final class Simulation {
    private static final int OPS = 120;
    private static final int DEEPEST = 2;

    /** So that there is something to work with. */
    private static final List<SimulationOp> FIRST =
            List.of(SimulationOp.IMPORT, SimulationOp.LAUNCH, SimulationOp.ATTACH);

    private static final int WEIGHTS =
            List.of(SimulationOp.values()).stream().mapToInt(op -> op.weight).sum();

    final long seed;
    final Random random;
    final SimulatedWorld world = new SimulatedWorld();
    final SimulatedProcess process;
    final SimulatedGuests guests;
    final SimulatedSnapshots snapshots;
    final SimulatedMachines machines;
    final SimulatedKeeper keeper;
    final SimulatedFate fate;

    /** What was done, and what came of it. */
    private final List<String> trace = new ArrayList<>();

    /** Where those are who are held up: outermost first. */
    private final List<SimulationOp.Where> heldUp = new ArrayList<>();

    /** What has gone wrong while somebody was held up, who may have caught it. */
    private @Nullable Throwable difference;

    /** From here on nobody does anything but what the end asks for. */
    private boolean ending;

    /** Something that must change nothing. */
    interface Look {
        void run() throws IOException;
    }

    Simulation(long seed, Path folder) throws IOException {
        this.seed = seed;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        process = new SimulatedProcess(random, folder, seed % 3 != 0, new PausingStore.Pauses() {
            @Override
            public void beforeChunk() {
                pause(SimulationOp.Where.ANYWHERE, 6);
            }

            @Override
            public void beforeNode() {
                pause(SimulationOp.Where.ANYWHERE, 2);
            }

            @Override
            public void inCollection() {
                pause(SimulationOp.Where.OUTSIDE_COLLECTIONS, 6);
            }
        });
        guests = new SimulatedGuests(this);
        snapshots = new SimulatedSnapshots(this);
        machines = new SimulatedMachines(this);
        keeper = new SimulatedKeeper(this);
        fate = new SimulatedFate(this);
    }

    /** What was done so far, and what came of it. */
    List<String> trace() {
        return trace;
    }

    void run() throws IOException {
        try {
            process.start();
            for (int i = 0; i < OPS; i++) {
                step(i < FIRST.size() ? FIRST.get(i) : next());
                if (process.hasStopped()) {
                    fate.crash(random.nextBoolean());
                }
                rethrow();
            }
            end();
            rethrow();
            process.close();
        } catch (IOException | RuntimeException | AssertionError e) {
            String last = String.join("\n  ", trace.subList(Math.max(0, trace.size() - 60), trace.size()));
            throw new AssertionError("seed " + seed + ": " + e.getMessage() + "\n  " + last, e);
        }
    }

    private void rethrow() {
        Throwable met = difference;
        if (met != null) {
            throw new AssertionError(String.valueOf(met.getMessage()), met);
        }
    }

    /** Says something for the trace. */
    @SuppressWarnings("AnnotateFormatMethod") // some texts are made of parts
    void note(String format, Object... args) {
        trace.add("  ".repeat(heldUp.size()) + "[" + process.files.changes() + "] " + String.format(format, args));
    }

    private void step(SimulationOp op) {
        note(op.name());
        try {
            op.deed.run(this);
        } catch (IOException e) {
            difference = isBroughtAbout(e) ? difference : e;
        } catch (RuntimeException e) {
            difference = process.hasStopped() ? difference : e;
        } catch (AssertionError e) {
            difference = process.hasStopped() ? difference : e;
        }
    }

    private SimulationOp next() {
        while (true) {
            int at = random.nextInt(WEIGHTS);
            for (SimulationOp op : SimulationOp.values()) {
                at -= op.weight;
                if (at < 0 && isAllowed(op)) {
                    return op;
                }
                if (at < 0) {
                    break;
                }
            }
        }
    }

    private boolean isAllowed(SimulationOp op) {
        return switch (op.where) {
            case ANYWHERE -> true;
            case OUTSIDE_COLLECTIONS -> !heldUp.contains(SimulationOp.Where.OUTSIDE_COLLECTIONS);
            case AT_REST -> heldUp.isEmpty();
        };
    }

    /** Whether a call had reason to fail. */
    private boolean isBroughtAbout(IOException e) {
        boolean injected = process.hasStopped();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            injected |= fate.isFailing() && String.valueOf(cause.getMessage()).contains("injected");
        }
        return injected;
    }

    /** Somebody is held up, once in so many times. */
    private void pause(SimulationOp.Where where, int times) {
        if (!ending && heldUp.size() < DEEPEST && isGoingOn() && random.nextInt(times) == 0) {
            others(1 + random.nextInt(3), where);
        }
    }

    private boolean isGoingOn() {
        return !process.hasStopped() && difference == null;
    }

    /** Others do something. */
    void others(int count) {
        others(count, SimulationOp.Where.AT_REST);
    }

    private void others(int count, SimulationOp.Where where) {
        heldUp.add(where);
        try {
            for (int i = 0; i < count && isGoingOn(); i++) {
                step(next());
            }
        } finally {
            heldUp.remove(heldUp.size() - 1);
        }
    }

    /** Looks at something; whoever does that needs nothing that was condemned. */
    void readOnly(Look look) throws IOException {
        long alarms = process.engine().stats().alarms();
        look.run();
        assertThat(process.engine().stats().alarms())
                .as("read, and condemned all the same")
                .isEqualTo(alarms);
    }

    /** Deletes something that may be restored. Where that fails, it is found out later whether it is there. */
    void removing(String id, Doubt deletion, Runnable isThere) throws IOException {
        removing(id, deletion, isThere, () -> world.bin.put(id, isThere));
    }

    void removing(String id, Doubt deletion, Runnable isThere, Runnable isGone) throws IOException {
        boolean done = false;
        try {
            deletion.settle();
            done = true;
            world.gone.add(id);
            isGone.run();
        } finally {
            if (!done) {
                world.doubts.add(() -> {
                    if (exists(id)) {
                        isThere.run();
                    } else {
                        world.gone.add(id);
                        isGone.run();
                    }
                });
            }
        }
    }

    boolean exists(String id) throws IOException {
        try {
            switch (id.substring(0, id.indexOf('-'))) {
                case "snap" -> process.snapshots().get(id);
                case "ami" -> process.images().get(id);
                case "i" -> process.instances().get(id);
                default -> process.volumes().get(id);
            }
            return true;
        } catch (Ec2Exception e) {
            return false;
        }
    }

    private void end() throws IOException {
        process.files.failNever();
        for (Disk disk : world.disks) {
            if (disk.device != null) {
                disk.device().flush();
                disk.model.flushed();
            }
        }
        fate.crash(true);
        ending = true;
        keeper.settle();
        snapshots.requireAll(true);
        while (!world.machines.isEmpty()) {
            machines.terminate(world.machines.get(0));
        }
        while (!world.disks.isEmpty()) {
            machines.delete(world.disks.get(0));
        }
        keeper.settle();
        keeper.requireExactRoom();
        snapshots.requireAll(true);
        keeper.check(true);
        while (!world.pictures.isEmpty()) {
            machines.deregister(world.pictures.get(0));
        }
        while (!world.shots.isEmpty()) {
            snapshots.delete(world.shots.get(0));
        }
        keeper.requireExactRoom();
    }
}
