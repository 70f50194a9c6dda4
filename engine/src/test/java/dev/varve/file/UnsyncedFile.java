package dev.varve.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** The states that sectors of a file have had since its last sync: what a loss of power may bring back. */
final class UnsyncedFile {
    private static final int SECTOR_BYTES = 512;
    private static final int SECTORS_OF_A_PAGE = 8;
    private static final byte[] ZEROS = new byte[SECTOR_BYTES];

    /** Where the file is now: moves when it is renamed or deleted. */
    Path path;

    private final Map<Long, List<byte[]>> sectors = new TreeMap<>();
    private final List<Long> sizes = new ArrayList<>();

    /** Sectors that a sync has failed to make durable: clean for the kernel, so only a new write makes them so. */
    private final Set<Long> forgotten = new HashSet<>();

    /** The same of the length. */
    private boolean sizeForgotten;

    /** Syncs that have failed. */
    int failures;

    UnsyncedFile(Path path) {
        this.path = path;
    }

    void beforeWrite(FileChannel channel, long offset, int length) throws IOException {
        long size = channel.size();
        sizes.add(size);
        sizeForgotten &= offset + length <= size;
        for (long sector = offset / SECTOR_BYTES; sector * SECTOR_BYTES < offset + length; sector++) {
            forgotten.remove(sector);
            sectors.computeIfAbsent(sector, unused -> new ArrayList<>(1)).add(content(channel, sector, size));
        }
    }

    void beforeTruncate(FileChannel channel, long size, int lost) throws IOException {
        beforeWrite(channel, size, lost);
        sizeForgotten = false;
    }

    void synced() {
        sectors.keySet().retainAll(forgotten);
        if (!sizeForgotten) {
            sizes.clear();
        }
    }

    /** A sync failed: what was to be made durable is clean for the kernel, and so never will be unless written again. */
    void poison() {
        failures++;
        forgotten.addAll(sectors.keySet());
        sizeForgotten = !sizes.isEmpty();
    }

    void lose(Random random) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        int sectorsThatShareAFate = new int[] {1, SECTORS_OF_A_PAGE, Integer.MAX_VALUE}[random.nextInt(3)];
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            long fate = -1;
            int draw = 0;
            for (var entry : sectors.entrySet()) {
                if (entry.getKey() / sectorsThatShareAFate != fate) {
                    fate = entry.getKey() / sectorsThatShareAFate;
                    draw = random.nextInt(Integer.MAX_VALUE);
                }
                List<byte[]> states = entry.getValue();
                int state = draw % (states.size() + 1);
                if (state < states.size()) {
                    channel.write(ByteBuffer.wrap(states.get(state)), entry.getKey() * SECTOR_BYTES);
                }
            }
            int state = random.nextInt(sizes.size() + 1);
            long size = state < sizes.size() ? sizes.get(state) : Files.size(path);
            channel.truncate(size);
        }
    }

    private static byte[] content(FileChannel channel, long sector, long size) throws IOException {
        if (sector * SECTOR_BYTES >= size) {
            return ZEROS;
        }
        ByteBuffer content = ByteBuffer.allocate(SECTOR_BYTES);
        channel.read(content, sector * SECTOR_BYTES);
        return content.array();
    }
}
