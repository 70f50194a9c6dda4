package dev.varve.bench.index;

import dev.varve.bench.Folders;
import dev.varve.bench.TextTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Which settings of RocksDB serve an index of random keys best: short hits, short misses (every new chunk of an import is
 * one), bounded memory, quick opening?
 *
 * <p>Workload: one index a setting, of 2 million entries (16 million with {@code --full}: 1 TiB of 64 KiB chunks) in
 * commits of 8,192, compacted as it comes. Then rounds, alternating between the settings: open; gets of random present
 * keys, gets of absent keys, one thread, files in the page cache; one commit; close. The best of the rounds.
 *
 * <pre>bench/run --index [--full] [--rounds N] [FOLDER]</pre>
 */
public final class IndexSettingsBenchmark {
    private static final int GETS = 100_000;

    private IndexSettingsBenchmark() {}

    /**
     * Runs it and prints a table.
     *
     * @param arguments see above
     * @throws Exception when the folder can't be written
     */
    public static void main(String[] arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of(arguments));
        long entries = words.remove("--full") ? 16L << 20 : 2L << 20;
        int rounds = 5;
        int at = words.indexOf("--rounds");
        if (at >= 0) {
            words.remove(at);
            rounds = Integer.parseInt(words.remove(at));
        }
        Path folder = words.isEmpty() ? Files.createTempDirectory("varve-index") : Path.of(words.get(0));
        RocksDB.loadLibrary();
        try {
            System.out.println(run(folder, entries, rounds));
        } finally {
            Folders.delete(folder);
        }
    }

    private static TextTable run(Path folder, long entries, int rounds) throws RocksDBException, IOException {
        List<IndexTrial> trials = new ArrayList<>();
        for (IndexSettings settings : IndexSettings.compared()) {
            IndexTrial trial = new IndexTrial(settings, folder.resolve(String.valueOf(trials.size())), entries);
            System.err.println("building: " + settings.name());
            trial.build();
            trials.add(trial);
        }
        for (int i = 0; i <= rounds; i++) {
            System.err.println("round " + i + " of " + rounds);
            for (IndexTrial trial : trials) {
                trial.round(i, GETS);
            }
        }
        TextTable table = new TextTable(
                entries + " entries",
                "hit us",
                "p99",
                "miss us",
                "open ms",
                "close ms",
                "commit ms",
                "cache MiB",
                "readers MiB",
                "disk MiB",
                "build s",
                "cpu s");
        for (IndexTrial trial : trials) {
            table.add(
                    trial.settings.name(),
                    best(trial.hitMicros),
                    best(trial.slowHitMicros),
                    best(trial.missMicros),
                    best(trial.openMillis),
                    best(trial.closeMillis),
                    best(trial.commitMillis),
                    mib(trial.cacheBytes),
                    mib(trial.readerBytes),
                    mib(trial.diskBytes),
                    decimal(trial.buildSeconds[0]),
                    decimal(trial.buildSeconds[1]));
        }
        return table;
    }

    /** The best round: what else the machine does only ever adds. The first round warms up. */
    private static String best(List<Double> values) {
        return decimal(Collections.min(values.subList(1, values.size())));
    }

    private static String mib(long bytes) {
        return decimal(bytes / 1048576.0);
    }

    private static String decimal(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
