package dev.varve;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A mix of what is done to volumes.
 *
 * @param name for people
 * @param volumes how many there are at first
 * @param logBytes as in {@link EngineOptions}
 * @param fromSnapshot whether they begin with the content of a disk
 * @param growing whether they are looked at where they end at first
 * @param ops each as often as it is likely
 */
record VolumeWorkload(String name, int volumes, long logBytes, boolean fromSnapshot, boolean growing, List<Op> ops) {
    static final int STEPS = 40;
    private static final long NO_FOLD = 1L << 32;

    enum Op {
        /** Up to 8 KiB anywhere. */
        SMALL,
        PAGE,
        LARGE,
        ZERO,
        TRIM,
        FLUSH,
        SNAPSHOT,
        /** Snapshots of all volumes at one moment. */
        SET,
        /** Waits until nothing is pending. */
        SETTLE,
        REATTACH,
        /** Closes and opens the engine. */
        REOPEN,
        DELETE,
        CREATE,
        /** A volume from a snapshot of another. */
        CLONE,
        GROW,
        /** Condemns what nothing needs, and drops what was condemned. */
        COLLECT
    }

    static final List<VolumeWorkload> ALL = List.of(
            of("small unaligned writes", 1, NO_FOLD, "small 12 flush 1"),
            of("small writes over a snapshot", 1, NO_FOLD, "small 12 flush 1").overSnapshot(),
            of("every page flushed", 1, NO_FOLD, "page 5 flush 5"),
            of("trims and zeros", 1, NO_FOLD, "zero 4 trim 4 small 4 flush 1"),
            of("trims over a snapshot", 1, NO_FOLD, "zero 4 trim 4 small 2 page 2 flush 1")
                    .overSnapshot(),
            of("large sequential", 1, NO_FOLD, "large 8 flush 1"),
            of("large, many segments", 2, NO_FOLD, "large 12 reattach 1"),
            of("frozen in the middle", 1, NO_FOLD, "small 6 large 1 flush 1 snapshot 2")
                    .overSnapshot(),
            of("frozen and settled", 1, NO_FOLD, "small 5 zero 1 snapshot 2 settle 1"),
            of("folds by length", 1, 300 << 10, "small 4 page 4 large 1 flush 1"),
            of("folds by length over a snapshot", 2, 300 << 10, "small 4 zero 2 large 1 flush 1")
                    .overSnapshot(),
            of("folds and snapshots", 1, 400 << 10, "small 4 large 1 flush 1 snapshot 2 trim 1"),
            of("overwritten, opened again", 1, 600 << 10, "large 8 small 2 zero 1 reattach 3 flush 1"),
            of("overwritten and frozen", 1, 600 << 10, "large 8 page 2 reattach 3 flush 1 snapshot 1")
                    .overSnapshot(),
            of("segments used again", 3, NO_FOLD, "page 16 snapshot 1 settle 1 create 1"),
            of("sets of volumes", 3, NO_FOLD, "small 8 flush 1 set 2"),
            of("sets over a snapshot, settled", 3, NO_FOLD, "small 6 trim 1 set 2 settle 1")
                    .overSnapshot(),
            of("deleted while pending", 4, NO_FOLD, "small 6 large 1 snapshot 3 delete 2 create 1"),
            of("deleted sets", 3, 500 << 10, "small 6 set 2 delete 1 create 1 settle 1"),
            of("grown", 2, NO_FOLD, "small 6 large 1 flush 1 grow 2 reattach 2 snapshot 1")
                    .grown(),
            of("opened again and again", 1, NO_FOLD, "small 4 page 2 flush 1 reattach 4"),
            of("engine opened again and again", 2, NO_FOLD, "small 6 zero 1 flush 1 snapshot 1 reopen 2")
                    .overSnapshot(),
            of(
                            "collected",
                            2,
                            400 << 10,
                            "small 6 large 2 flush 1 snapshot 2 settle 1 delete 1 create 1 clone 1 reopen 1 collect 4")
                    .overSnapshot(),
            of(
                    "all of it",
                    2,
                    600 << 10,
                    "small 6 page 2 large 1 zero 1 trim 1 flush 2 snapshot 1 set 1 settle 1 reattach 1 reopen 1 delete 1"
                            + " create 1 clone 1 grow 1"));

    private static VolumeWorkload of(String name, int volumes, long logBytes, String mix) {
        List<Op> ops = new ArrayList<>();
        String[] words = mix.split(" ", -1);
        for (int i = 0; i < words.length; i += 2) {
            for (int k = 0; k < Integer.parseInt(words[i + 1]); k++) {
                ops.add(Op.valueOf(words[i].toUpperCase(Locale.ROOT)));
            }
        }
        return new VolumeWorkload(name, volumes, logBytes, false, false, ops);
    }

    private VolumeWorkload overSnapshot() {
        return new VolumeWorkload(name, volumes, logBytes, true, growing, ops);
    }

    private VolumeWorkload grown() {
        return new VolumeWorkload(name, volumes, logBytes, fromSnapshot, true, ops);
    }

    Op next(Random random) {
        return ops.get(random.nextInt(ops.size()));
    }

    @Override
    public String toString() {
        return name;
    }
}
