package dev.varve.volume;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The extents of a volume: page by page where something was written, and block by block in the base. Costs what they hold,
 * not the volume's size.
 *
 * <p>The base is asked for after the word of a page, as for a read: a fold publishes its new base before it takes words
 * away. The groups come first of all, so a page in none of them is in every base that is seen.
 */
final class VolumeExtents {
    private static final long[] NO_GROUPS = {};

    private final LiveVolume volume;
    private final boolean isHydration;
    private final boolean isLayer;
    private final @Nullable PageIndex index;
    private final long[] groups;

    VolumeExtents(LiveVolume volume, String map) {
        this.volume = volume;
        isHydration = map.equals(BlockDevice.HYDRATION);
        isLayer = map.equals(BlockDevice.LAYER);
        if (!isHydration && !isLayer && !map.equals(BlockDevice.ALLOCATION)) {
            throw new IllegalArgumentException("no extent map " + map);
        }
        VolumeLog log = volume.log();
        index = log == null ? null : log.index();
        groups = index == null ? NO_GROUPS : index.groups();
    }

    List<Extent> list(long offsetBytes, long lengthBytes, int limit) throws IOException {
        List<Extent> extents = new ArrayList<>();
        long end = offsetBytes + lengthBytes;
        long start = offsetBytes;
        while (start < end && extents.size() < limit) {
            boolean set = isSet(start);
            long at = runEnds(start, end, set);
            while (at < end && isSet(at) == set) {
                at = runEnds(at, end, set);
            }
            extents.add(new Extent(start, at - start, set));
            start = at;
        }
        return extents;
    }

    private long word(long at) {
        return index == null ? PageWord.NONE : index.get(at >>> Pages.SHIFT);
    }

    /** What is below a page without a word; null where that is zeros, or does not count. */
    private @Nullable HydratingReader base(long at) {
        HydratingReader base = isLayer ? null : volume.base();
        return base == null || at >= base.manifest().sizeBytes() ? null : base;
    }

    private boolean isSet(long at) throws IOException {
        long word = word(at);
        if (word != PageWord.NONE) {
            return isHydration || isLayer || !PageWord.isZeros(word);
        }
        HydratingReader base = base(at);
        if (base == null) {
            return isHydration;
        }
        long block = at / base.manifest().chunkSizeBytes();
        return isHydration ? base.isHydrated(block) : base.isPresent(block);
    }

    /** A place up to which all is as it is at the given one. */
    private long runEnds(long at, long end, boolean set) throws IOException {
        long page = at >>> Pages.SHIFT;
        int next = Arrays.binarySearch(groups, PageIndex.group(page));
        if (next >= 0) {
            return Math.min(end, (page + 1) << Pages.SHIFT);
        }
        int behind = -next - 1;
        long until = behind < groups.length ? PageIndex.firstPage(groups[behind]) << Pages.SHIFT : end;
        until = Math.min(until, end);
        if (index != null && index.unitCount() > 0) {
            until = Math.min(until, PageIndex.unitEnd(page) << Pages.SHIFT);
        }
        boolean isWritten = word(at) != PageWord.NONE;
        HydratingReader base = base(at);
        if (isWritten || base == null) {
            return until;
        }
        int blockBytes = base.manifest().chunkSizeBytes();
        long block = at / blockBytes;
        long endBlock = (Math.min(until, base.manifest().sizeBytes()) + blockBytes - 1) / blockBytes;
        long ends = isHydration ? base.hydrationEnds(block, endBlock, set) : base.presenceEnds(block, endBlock, set);
        return Math.min(until, Math.max(ends, block + 1) * blockBytes);
    }
}
