package dev.varve.nbd.powercut;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** A mix of what is done to a store: each word as often as its number says. */
enum Workload {
    IMPORTS("import 4 delete_image 1 launch 1 flush 1 write 1"),
    TWINS("twins 4 import 1 delete_image 1 collect 1"),
    WRITES("volume 1 write 10 flush 3 fua 3 zero 1"),
    TRIMS("volume 1 write 5 zero 3 trim 4 flush 2 fua 1"),
    LAUNCHES("import 1 launch 4 terminate 2 write 4 flush 3"),
    SNAPSHOTS("write 8 flush 1 snapshot 3 settle 1 volume 1"),
    SETS("volume 2 write 8 flush 1 set 3 settle 1"),
    FOLDS("write 14 flush 2 snapshot 1 trim 1 fua 1"),
    DELETIONS(
            "import 1 volume 2 write 6 snapshot 2 delete_volume 2 delete_snapshot 2 delete_image 1 restore 3 flush 1"),
    COLLECTIONS(
            "import 3 delete_image 3 delete_snapshot 3 collect 4 write 2 fua 4 snapshot 2 launch 1 restore 1 together 2"),
    REWRITES("import 4 delete_image 3 delete_snapshot 4 collect 5 fua 1"),
    GROWTH("volume 1 write 6 grow 3 flush 2 reopen 1"),
    REOPENINGS("import 1 write 8 flush 1 snapshot 1 zero 1 reopen 3"),
    ALL("import 2 twins 1 volume 1 write 10 zero 1 trim 1 flush 2 fua 1 launch 1 terminate 1 snapshot 2 set 1 settle 1"
            + " delete_volume 1 delete_snapshot 1 delete_image 1 restore 1 collect 2 grow 1 reopen 1 together 4");

    /** What is done in one step. */
    enum Op {
        IMPORT,
        /** Imports of one content beside each other. */
        TWINS,
        VOLUME,
        WRITE,
        FUA,
        ZERO,
        TRIM,
        FLUSH,
        LAUNCH,
        TERMINATE,
        SNAPSHOT,
        /** Snapshots of some volumes at one moment. */
        SET,
        SETTLE,
        DELETE_VOLUME,
        DELETE_SNAPSHOT,
        DELETE_IMAGE,
        /** Something that was deleted. */
        RESTORE,
        COLLECT,
        GROW,
        REOPEN,
        /** An import, a collection, and a write and a snapshot of a volume, beside each other. */
        TOGETHER
    }

    private static final long NO_FOLD = 1L << 32;
    private static final long MUCH_FOLDING = 1L << 20;

    private final String mix;

    Workload(String mix) {
        this.mix = mix;
    }

    /** Each as often as it is likely. */
    List<Op> ops() {
        List<Op> ops = new ArrayList<>();
        String[] words = mix.split(" ", -1);
        for (int i = 0; i < words.length; i += 2) {
            ops.addAll(
                    Collections.nCopies(Integer.parseInt(words[i + 1]), Op.valueOf(words[i].toUpperCase(Locale.ROOT))));
        }
        return ops;
    }

    /** The bound of a volume's log. */
    long logBytes() {
        return this == WRITES || this == TRIMS ? NO_FOLD : MUCH_FOLDING;
    }
}
