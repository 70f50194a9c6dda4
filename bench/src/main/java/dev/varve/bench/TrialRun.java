package dev.varve.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * One run of a {@link Trial}, in a JVM of its own: how much to measure, where to write files, and where figures go. They
 * are handed to {@link Main} as lines of a file, {@code question TAB ours TAB least TAB unit TAB measured TAB bar}.
 */
public final class TrialRun {
    private static final String SEPARATOR = "\t";

    /** Of a nanosecond. */
    private static final double MICROS = 1e-3;

    private final boolean quick;
    private final Path folder;
    private final List<String> lines = new ArrayList<>();

    TrialRun(boolean quick, Path folder) {
        this.quick = quick;
        this.folder = folder;
    }

    /**
     * Runs one trial.
     *
     * @param arguments its name, where the figures go, and {@code true} for a short look
     * @throws Exception when it fails
     */
    public static void main(String[] arguments) throws Exception {
        Path figures = Path.of(arguments[1]);
        Trial trial = Trials.all().stream()
                .filter(each -> each.name().equals(arguments[0]))
                .findFirst()
                .orElseThrow();
        Path folder = Files.createTempDirectory(
                Path.of(System.getProperty("varve.bench.folder", System.getProperty("java.io.tmpdir"))), "varve-bench");
        try {
            TrialRun run = new TrialRun(Boolean.parseBoolean(arguments[2]), folder);
            trial.run(run);
            Files.write(figures, run.lines, StandardCharsets.UTF_8, StandardOpenOption.TRUNCATE_EXISTING);
        } finally {
            Folders.delete(folder);
        }
    }

    /**
     * Whether a short look is enough.
     *
     * @return true for fewer and smaller rounds
     */
    public boolean isQuick() {
        return quick;
    }

    /**
     * One of two numbers.
     *
     * @param forQuick for a short look
     * @param forFull otherwise
     * @return the one that counts
     */
    public int pick(int forQuick, int forFull) {
        return quick ? forQuick : forFull;
    }

    /**
     * An empty folder, removed afterwards with all that is in it.
     *
     * @return on the file system to be measured
     */
    public Path folder() {
        return folder;
    }

    /**
     * A figure beside what it is compared with.
     *
     * @param question what is compared
     * @param ours what ours takes
     * @param least what the baseline takes
     * @param unit of both
     * @param measured of the two, held against the bar
     * @param bar the highest that is allowed; NaN for none
     */
    public void ratio(String question, double ours, double least, String unit, double measured, double bar) {
        add(new Ratio.Line(question, ours, least, unit, measured, bar));
    }

    /**
     * Two works done in turn.
     *
     * @param question what is compared
     * @param pair what they took
     * @param bar the highest ratio that is allowed; NaN for none
     */
    public void ratio(String question, Alternation pair, double bar) {
        ratio(question, pair.ours() * MICROS, pair.least() * MICROS, "us", pair.ratio(), bar);
    }

    /**
     * Two works done in turn, by all the time they took: what comes seldom and takes long is in it.
     *
     * @param question what is compared
     * @param pair what they took
     * @param bar the highest ratio that is allowed; NaN for none
     */
    public void ratioOfSums(String question, Alternation pair, double bar) {
        ratio(question, pair.oursMean() * MICROS, pair.leastMean() * MICROS, "us", pair.ratioOfSums(), bar);
    }

    /**
     * A figure with nothing beside it.
     *
     * @param question what is measured
     * @param value it
     * @param unit its
     * @param bar the highest that is allowed; NaN for none
     */
    public void figure(String question, double value, String unit, double bar) {
        add(new Ratio.Line(question, value, Double.NaN, unit, value, bar));
    }

    private void add(Ratio.Line line) {
        System.err.printf(
                "%s: %.3f %s, beside %.3f: %.3f, bar %.2f %s%n",
                line.question(), line.ours(), line.unit(), line.least(), line.measured(), line.bar(), line.verdict());
        lines.add(write(line));
    }

    static String write(Ratio.Line line) {
        return String.join(
                SEPARATOR,
                line.question(),
                Double.toString(line.ours()),
                Double.toString(line.least()),
                line.unit(),
                Double.toString(line.measured()),
                Double.toString(line.bar()));
    }

    static List<Ratio.Line> read(Path figures) throws IOException {
        List<Ratio.Line> read = new ArrayList<>();
        for (String line : Files.readAllLines(figures, StandardCharsets.UTF_8)) {
            String[] cells = line.split(SEPARATOR, -1);
            read.add(new Ratio.Line(
                    cells[0],
                    Double.parseDouble(cells[1]),
                    Double.parseDouble(cells[2]),
                    cells[3],
                    Double.parseDouble(cells[4]),
                    Double.parseDouble(cells[5])));
        }
        return read;
    }
}
