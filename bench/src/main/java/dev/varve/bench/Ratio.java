package dev.varve.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * A question of the table: how much longer does ours take than the least that could do it?
 *
 * @param question what is compared
 * @param ours a benchmark
 * @param baseline benchmarks whose times are summed
 * @param bar the highest ratio that DESIGN.md allows; NaN where it says nothing
 */
record Ratio(String question, String ours, List<String> baseline, double bar) {
    private static final double NO_BAR = Double.NaN;

    static List<Ratio> all() {
        return List.of(
                of("chunk id / SHA-256 alone", "ChunkHash.hash", "ChunkHash.sha256"),
                of("chunk id / CRC32C", "ChunkHash.hash", "ChunkHash.crc32c"),
                of("chunk id / copy", "ChunkHash.hash", "ChunkHash.copy"),
                of("compress / liblz4 alone", "Lz4.compress", "Lz4.compressBare"),
                of("decompress / liblz4 alone", "Lz4.decompress", "Lz4.decompressBare"),
                of(
                        "pack get / read + CRC32C + LZ4",
                        "PackGet.get",
                        "PackGet.positionalRead",
                        "PackGet.crc32c",
                        "PackGet.lz4"),
                of(
                        "cold pack get / cold read + CRC32C + LZ4",
                        "ColdPackGet.get",
                        "ColdPackGet.positionalRead",
                        "PackGet.crc32c",
                        "PackGet.lz4"),
                of(
                                "first read of a chunk / read + CRC32C + LZ4 + write",
                                "FirstRead.firstRead",
                                "FirstRead.positionalRead",
                                "FirstRead.crc32c",
                                "FirstRead.lz4",
                                "FirstRead.positionalWrite")
                        .atMost(1.3),
                of("hydrated 4 KiB read / mapped copy", "HydratedRead.device", "HydratedRead.mapped")
                        .atMost(1.25),
                of("hydrated 4 KiB read / FileChannel", "HydratedRead.device", "HydratedRead.fileChannel"),
                of("manifest look-up / flat array", "ManifestLookup.lookup", "ManifestLookup.array"),
                of("manifest look-up / HashMap", "ManifestLookup.lookup", "ManifestLookup.hashMap"));
    }

    private static Ratio of(String question, String ours, String... baseline) {
        return new Ratio(question, ours, List.of(baseline), NO_BAR);
    }

    private Ratio atMost(double highest) {
        return new Ratio(question, ours, baseline, highest);
    }

    boolean isMeasured(Scores scores) {
        return scores.has(ours) && baseline.stream().allMatch(scores::has);
    }

    /** Both sides of one round ran within a minute, so it is rounds that are compared; the median of their ratios. */
    Line measure(Scores scores) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < scores.rounds(ours); i++) {
            ratios.add(scores.time(ours, i) / sum(scores, i));
        }
        double least = baseline.stream().mapToDouble(scores::time).sum();
        return new Line(question, scores.time(ours), least, scores.unit(ours), Scores.median(ratios), bar);
    }

    private double sum(Scores scores, int round) {
        return baseline.stream().mapToDouble(name -> scores.time(name, round)).sum();
    }

    /**
     * One line of the table.
     *
     * @param question what is compared
     * @param ours what ours takes
     * @param least what the baseline takes
     * @param unit of both
     * @param measured held against the bar
     * @param bar the highest that is allowed; NaN for none
     */
    record Line(String question, double ours, double least, String unit, double measured, double bar) {
        String verdict() {
            return Double.isNaN(bar) ? "" : measured <= bar ? "ok" : "OVER";
        }
    }
}
