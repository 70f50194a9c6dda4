package dev.varve.bench.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** How long append gates were closed, as the engine tells the flight recorder from now on. */
final class FreezeTimes {
    private static final String EVENT = "dev.varve.Freeze";

    private final Path file;
    private final Recording recording = new Recording();

    FreezeTimes(Path folder) {
        file = folder.resolve("freeze.jfr");
        recording.enable(EVENT).withoutThreshold();
        recording.start();
    }

    /** Ends it; microseconds of each. */
    double[] micros() throws IOException {
        recording.stop();
        recording.dump(file);
        recording.close();
        try {
            return RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().equals(EVENT))
                    .mapToDouble(FreezeTimes::micros)
                    .toArray();
        } finally {
            Files.delete(file);
        }
    }

    private static double micros(RecordedEvent event) {
        return event.getDuration().toNanos() / 1e3;
    }
}
