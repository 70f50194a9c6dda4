package dev.varve.bench.volume;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;

/** What objects that are still reachable take: the last line of a histogram of the heap, for which the JVM collects. */
final class LiveHeap {
    private static final int BYTES_COLUMN = 2;

    private LiveHeap() {}

    /** Bytes of all of them. */
    static long bytes() throws JMException {
        Object histogram = ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        return total(String.valueOf(histogram));
    }

    /** Of {@code Total  instances  bytes}. */
    static long total(String histogram) {
        return histogram
                .lines()
                .filter(line -> line.startsWith("Total"))
                .map(line -> line.split("\\s+"))
                .mapToLong(cells -> Long.parseLong(cells[BYTES_COLUMN]))
                .findFirst()
                .orElseThrow();
    }
}
