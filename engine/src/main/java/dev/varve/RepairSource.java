package dev.varve;

import dev.varve.block.BlockDevice;
import dev.varve.maintenance.Finder;

/** Where a repair looks for what is lost, besides the store's own cache and what volumes have of their own. */
public final class RepairSource {
    private final Finder finder;

    private RepairSource(Finder finder) {
        this.finder = finder;
    }

    /**
     * A raw disk, of which each block is hashed that is data.
     *
     * @param name what messages call it
     * @param disk stays open until the repair has ended, and is not closed by it
     * @return the source
     */
    public static RepairSource ofDisk(String name, BlockDevice disk) {
        return new RepairSource(new DiskFinder(name, disk, BlockDevice.ALLOCATION));
    }

    /**
     * Another store, of any chunk size: one with another has manifest nodes at most.
     *
     * @param name what messages call it
     * @param content stays open until the repair has ended, and is not closed by it
     * @return the source
     */
    public static RepairSource ofStore(String name, ContentSource content) {
        return new RepairSource(new ContentFinder(name, content));
    }

    Finder finder() {
        return finder;
    }
}
