package dev.varve.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table of ratios and bars, for people and as JSON. */
final class Report {
    private static final String DEVICE = "HydratedRead.device";
    private static final String MAPPED = "HydratedRead.mapped";

    /** Two threads are to scale 0.9 times as well as the bare copy does. */
    private static final double SCALING_BAR = 1 / 0.9;

    /** The harness itself allocates a part of a byte an operation. */
    private static final double ALLOCATION_BAR = 0.5;

    private final List<Ratio.Line> lines = new ArrayList<>();

    Report(Scores scores, List<Ratio.Line> trials) {
        Ratio.all().stream()
                .filter(ratio -> ratio.isMeasured(scores))
                .forEach(ratio -> lines.add(ratio.measure(scores)));
        if (!Double.isNaN(scores.allocated(DEVICE))) {
            double bytes = scores.allocated(DEVICE);
            double harness = Double.isNaN(scores.allocated(MAPPED)) ? 0 : scores.allocated(MAPPED);
            double more = Math.max(0, bytes - harness);
            lines.add(new Ratio.Line(
                    "hydrated 4 KiB read, bytes allocated - mapped copy's", bytes, harness, "B", more, ALLOCATION_BAR));
        }
        if (scores.has(DEVICE + "@2") && scores.has(MAPPED + "@2")) {
            double ours = scores.time(DEVICE + "@2") / scores.time(DEVICE);
            double bare = scores.time(MAPPED + "@2") / scores.time(MAPPED);
            lines.add(new Ratio.Line(
                    "hydrated 4 KiB read, slower with 2 threads / mapped copy",
                    ours,
                    bare,
                    "x",
                    ours / bare,
                    SCALING_BAR));
        }
        lines.addAll(trials);
    }

    boolean isOver() {
        return lines.stream().anyMatch(line -> line.verdict().equals("OVER"));
    }

    @Override
    public String toString() {
        TextTable table = new TextTable("", "ours", "least", "", "ratio", "bar", "");
        for (Ratio.Line line : lines) {
            table.add(
                    line.question(),
                    decimal(line.ours()),
                    decimal(line.least()),
                    line.unit(),
                    decimal(line.measured()),
                    decimal(line.bar()),
                    line.verdict());
        }
        return table.toString();
    }

    void write(Path file) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newBufferedWriter(file))) {
            json.useDefaultPrettyPrinter();
            json.writeStartArray();
            for (Ratio.Line line : lines) {
                json.writeStartObject();
                json.writeStringField("question", line.question());
                json.writeNumberField("ours", line.ours());
                if (!Double.isNaN(line.least())) {
                    json.writeNumberField("least", line.least());
                }
                json.writeStringField("unit", line.unit());
                json.writeNumberField("ratio", line.measured());
                if (!Double.isNaN(line.bar())) {
                    json.writeNumberField("bar", line.bar());
                    json.writeBooleanField("ok", line.measured() <= line.bar());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
        }
    }

    private static String decimal(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.2f", value);
    }
}
