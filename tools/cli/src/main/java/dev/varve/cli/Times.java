package dev.varve.cli;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Points in time for people and for programs, both in UTC. */
final class Times {
    private static final DateTimeFormatter MINUTES =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneOffset.UTC);

    private Times() {}

    /** Seconds since {@link System#nanoTime} said this, with one decimal: {@code 1.4 s}. */
    static String since(long startNanos) {
        long tenths = Math.round((System.nanoTime() - startNanos) / 1e8);
        return tenths / 10 + "." + tenths % 10 + " s";
    }

    static String forPeople(Instant time) {
        return MINUTES.format(time);
    }

    /** As AWS writes it: whole seconds, with milliseconds of zero. */
    static @Nullable String forPrograms(@Nullable Instant time) {
        return time == null
                ? null
                : time.truncatedTo(ChronoUnit.SECONDS).toString().replace("Z", ".000Z");
    }
}
