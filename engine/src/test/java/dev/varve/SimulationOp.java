package dev.varve;

import java.io.IOException;

/** What may be done next in a {@link Simulation}, each as often as it is likely. To have more done is to add an entry. */
enum SimulationOp {
    WRITE(26, Where.ANYWHERE, s -> s.guests.write()),
    ZERO(3, Where.ANYWHERE, s -> s.guests.zero(false)),
    TRIM(3, Where.ANYWHERE, s -> s.guests.zero(true)),
    FLUSH(6, Where.ANYWHERE, s -> s.guests.flush()),
    READ(10, Where.ANYWHERE, s -> s.guests.read()),
    EXTENTS(2, Where.ANYWHERE, s -> s.guests.extents()),
    ATTACH(4, Where.ANYWHERE, s -> s.guests.attach()),
    DETACH(3, Where.ANYWHERE, s -> s.guests.detach()),

    SNAPSHOT(5, Where.ANYWHERE, s -> s.snapshots.take(false)),
    /** Of several volumes at one moment. */
    SNAPSHOTS(2, Where.ANYWHERE, s -> s.snapshots.take(true)),
    LOOK(5, Where.ANYWHERE, s -> s.snapshots.look()),
    OPEN(3, Where.ANYWHERE, s -> s.snapshots.open()),
    READ_OPEN(4, Where.ANYWHERE, s -> s.snapshots.readOpen()),
    CLOSE(2, Where.ANYWHERE, s -> s.snapshots.close()),
    DELETE_SNAPSHOT(7, Where.ANYWHERE, s -> s.snapshots.delete()),
    BEGIN_UPLOAD(2, Where.ANYWHERE, s -> s.snapshots.beginUpload()),
    UPLOAD(5, Where.ANYWHERE, s -> s.snapshots.upload()),
    END_UPLOAD(2, Where.ANYWHERE, s -> s.snapshots.endUpload()),

    IMPORT(6, Where.ANYWHERE, s -> s.machines.importImage()),
    REGISTER(2, Where.ANYWHERE, s -> s.machines.register()),
    DEREGISTER(3, Where.ANYWHERE, s -> s.machines.deregister()),
    LAUNCH(4, Where.ANYWHERE, s -> s.machines.launch()),
    TERMINATE(2, Where.ANYWHERE, s -> s.machines.terminate()),
    CREATE(3, Where.ANYWHERE, s -> s.machines.create()),
    DELETE(3, Where.ANYWHERE, s -> s.machines.delete()),
    RESTORE(5, Where.ANYWHERE, s -> s.keeper.restore()),
    GROW(1, Where.ANYWHERE, s -> s.machines.grow()),

    COLLECT(12, Where.OUTSIDE_COLLECTIONS, s -> s.keeper.collect()),
    CHECK(1, Where.OUTSIDE_COLLECTIONS, s -> s.keeper.check()),
    /** One thing that the engine does by itself: a fold, a round of upkeep, a prefetch. */
    BACKGROUND(16, Where.ANYWHERE, s -> s.keeper.background()),
    SETTLE(2, Where.AT_REST, s -> s.keeper.settle()),
    TIME(3, Where.ANYWHERE, s -> s.keeper.time()),

    REOPEN(1, Where.AT_REST, s -> s.fate.reopen()),
    /** Within the next few changes to files. */
    CRASH(2, Where.ANYWHERE, s -> s.fate.crashSoon()),
    FULL_DISK(1, Where.AT_REST, s -> s.fate.fillDisk()),
    FAULT(1, Where.AT_REST, s -> s.fate.failOne());

    /** Where somebody else may be who is held up. */
    enum Where {
        ANYWHERE,
        OUTSIDE_COLLECTIONS,
        /** Nobody is held up. */
        AT_REST
    }

    interface Deed {
        /** Throws only what the simulation has brought about. */
        void run(Simulation simulation) throws IOException;
    }

    final int weight;
    final Where where;

    @SuppressWarnings("ImmutableEnumChecker") // they are lambdas without state
    final Deed deed;

    SimulationOp(int weight, Where where, Deed deed) {
        this.weight = weight;
        this.where = where;
        this.deed = deed;
    }
}
