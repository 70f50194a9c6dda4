package dev.varve;

import dev.varve.block.BlockDevice;
import dev.varve.maintenance.Finder;
import dev.varve.volume.LogSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a repair looks for what is lost, besides the store's own cache and what volumes have of their own. */
public final class RepairSource {
    private final Finder finder;

    /** Null for a disk, which has none. */
    private final @Nullable LogSource logs;

    private RepairSource(Finder finder, @Nullable LogSource logs) {
        this.finder = finder;
        this.logs = logs;
    }

    /**
     * A raw disk, of which each block is hashed that is data.
     *
     * @param name what messages call it
     * @param disk stays open until the repair has ended, and is not closed by it
     * @return the source
     */
    public static RepairSource ofDisk(String name, BlockDevice disk) {
        return new RepairSource(new DiskFinder(name, disk, BlockDevice.ALLOCATION), null);
    }

    /**
     * Another store, of any chunk size: one with another has manifest nodes at most. Volumes' logs are mended from copies of
     * the store only.
     *
     * @param name what messages call it
     * @param content stays open until the repair has ended, and is not closed by it
     * @return the source
     */
    public static RepairSource ofStore(String name, ContentSource content) {
        return new RepairSource(new ContentFinder(name, content), new StoreLogs(name, content));
    }

    Finder finder() {
        return finder;
    }

    static List<LogSource> logs(List<RepairSource> sources) {
        List<LogSource> logs = new ArrayList<>();
        for (RepairSource source : sources) {
            if (source.logs != null) {
                logs.add(source.logs);
            }
        }
        return logs;
    }

    /** Another store's logs. */
    private record StoreLogs(String name, ContentSource content) implements LogSource {
        @Override
        public byte @Nullable [] read(byte[] nonce, long offsetBytes, int lengthBytes) throws IOException {
            return content.logBytes(nonce, offsetBytes, lengthBytes);
        }
    }
}
