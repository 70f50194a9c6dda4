package dev.varve.bench.volume;

import dev.varve.block.BlockDevice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * What a guest asked of its disk while it booted: reads, writes and flushes, in order.
 *
 * <p>{@code debian12-boot.csv} was recorded by us under QEMU, from a Debian 12 of 8 GiB that boots to its login prompt: 1,042
 * reads of 43.1 MiB, 533 writes of 7.2 MiB, 36 flushes. Lines of microseconds, {@code R}, {@code W} or {@code F}, offset
 * and length. The times are not kept here: a replay waits for nothing.
 */
final class BootTrace {
    /** Length of the disk that it was recorded on. */
    static final long DISK_BYTES = 8L << 30;

    private static final String RESOURCE = "debian12-boot.csv";
    private static final int OP = 1;
    private static final int OFFSET = 2;
    private static final int LENGTH = 3;

    private final Step[] steps;
    private final int reads;
    private final int longestBytes;

    /** One request. */
    private record Step(char op, long offsetBytes, int lengthBytes) {}

    private BootTrace(List<Step> steps) {
        this.steps = steps.toArray(Step[]::new);
        reads = (int) steps.stream().filter(step -> step.op == 'R').count();
        longestBytes = steps.stream().mapToInt(Step::lengthBytes).max().orElse(0);
    }

    /** The recorded one. */
    static BootTrace recorded() throws IOException {
        InputStream file = BootTrace.class.getResourceAsStream(RESOURCE);
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Objects.requireNonNull(file), StandardCharsets.US_ASCII))) {
            return parse(lines.lines().toList());
        }
    }

    /** Reads lines, of which the first is a head. */
    static BootTrace parse(List<String> lines) {
        List<Step> steps = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            steps.add(new Step(cells[OP].charAt(0), Long.parseLong(cells[OFFSET]), Integer.parseInt(cells[LENGTH])));
        }
        return new BootTrace(steps);
    }

    /** How many of its requests are reads. */
    int reads() {
        return reads;
    }

    /** Room for the longest request. */
    ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(longestBytes);
    }

    /** Pieces of a length that it reads or writes, ascending. */
    long[] touched(int pieceBytes) {
        TreeSet<Long> pieces = new TreeSet<>();
        for (Step step : steps) {
            long end = step.offsetBytes + step.lengthBytes;
            for (long at = step.offsetBytes / pieceBytes; at * pieceBytes < end; at++) {
                pieces.add(at);
            }
        }
        return pieces.stream().mapToLong(Long::longValue).toArray();
    }

    /** What is to be read or written: from or into a buffer between its position and limit. */
    @FunctionalInterface
    interface Access {
        void at(ByteBuffer buffer, long offsetBytes) throws IOException;
    }

    /** Syncs. */
    @FunctionalInterface
    interface Flush {
        void run() throws IOException;
    }

    /** Makes all reads. */
    void replayReads(Access read, ByteBuffer buffer) throws IOException {
        for (Step step : steps) {
            if (step.op == 'R') {
                read.at(buffer.clear().limit(step.lengthBytes), step.offsetBytes);
            }
        }
    }

    /** Makes all requests; what is written is what the buffer holds. */
    void replay(Access read, Access write, Flush flush, ByteBuffer buffer, ByteBuffer content) throws IOException {
        for (Step step : steps) {
            switch (step.op) {
                case 'R' -> read.at(buffer.clear().limit(step.lengthBytes), step.offsetBytes);
                case 'W' -> write.at(content.clear().limit(step.lengthBytes), step.offsetBytes);
                case 'F' -> flush.run();
                default -> throw new IllegalStateException("unknown request " + step.op);
            }
        }
    }

    /** Makes all requests of a disk. */
    void replay(BlockDevice disk, ByteBuffer buffer, ByteBuffer content) throws IOException {
        replay(disk::read, disk::write, disk::flush, buffer, content);
    }
}
