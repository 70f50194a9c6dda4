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
 */
final class VolumeExtents {
    private static final long[] NO_GROUPS = {};

    private final boolean isHydration;
    private final boolean isLayer;
    private final @Nullable PageIndex index;
    private final long[] groups;
    private final @Nullable HydratingReader base;
    private final int blockBytes;
    private final long baseBytes;

    VolumeExtents(LiveVolume volume, String map) {
        isHydration = map.equals(BlockDevice.HYDRATION);
        isLayer = map.equals(BlockDevice.LAYER);
        if (!isHydration && !isLayer && !map.equals(BlockDevice.ALLOCATION)) {
            throw new IllegalArgumentException("no extent map " + map);
        }
        VolumeLog log = volume.log();
        index = log == null ? null : log.index();
        groups = index == null ? NO_GROUPS : index.groups();
        HydratingReader reader = isLayer ? null : volume.base();
        base = reader;
        blockBytes = reader == null ? Pages.BYTES : reader.manifest().chunkSizeBytes();
        baseBytes = reader == null ? 0 : reader.manifest().sizeBytes();
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

    private boolean isSet(long at) throws IOException {
        long word = word(at);
        HydratingReader reader = base;
        if (word != PageWord.NONE) {
            return isHydration || isLayer || !PageWord.isZeros(word);
        }
        if (reader == null || at >= baseBytes) {
            return isHydration;
        }
        return isHydration ? reader.isHydrated(at / blockBytes) : reader.isPresent(at / blockBytes);
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
        HydratingReader reader = base;
        if (word(at) != PageWord.NONE || reader == null || at >= baseBytes) {
            return until;
        }
        long block = at / blockBytes;
        long endBlock = (Math.min(until, baseBytes) + blockBytes - 1) / blockBytes;
        long ends =
                isHydration ? reader.hydrationEnds(block, endBlock, set) : reader.presenceEnds(block, endBlock, set);
        return Math.min(until, Math.max(ends, block + 1) * blockBytes);
    }
}
