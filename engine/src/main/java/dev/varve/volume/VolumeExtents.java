package dev.varve.volume;

import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestReader;
import dev.varve.manifest.TreeDiff;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The extents of a range of a volume: page by page where something was written, and block by block in the base. Costs what
 * they hold, not the volume's size.
 *
 * <p>The base is asked for after the word of a page, as for a read: a fold publishes its new base before it takes words
 * away. The groups come first of all, so a page in none of them is in every base that is seen.
 */
final class VolumeExtents {
    private static final long[] NO_GROUPS = {};

    private final LiveVolume volume;
    private final long offsetBytes;
    private final long endBytes;
    private final boolean isAllocation;
    private final boolean isHydration;

    /** What the volume is compared with; null when it is not. */
    private final @Nullable ManifestReader since;

    private final @Nullable PageIndex index;
    private final long[] groups;

    private @Nullable HydratingReader comparedBase;

    /** Where {@link #comparedBase} differs from {@link #since}. */
    private @Nullable TreeDiff diff;

    VolumeExtents(LiveVolume volume, String map, @Nullable ManifestReader since, long offsetBytes, long lengthBytes) {
        this.volume = volume;
        this.offsetBytes = offsetBytes;
        endBytes = offsetBytes + lengthBytes;
        isAllocation = map.equals(BlockDevice.ALLOCATION);
        isHydration = map.equals(BlockDevice.HYDRATION);
        this.since = since;
        if (!isAllocation && !isHydration && since == null && !map.equals(BlockDevice.LAYER)) {
            throw new IllegalArgumentException("no extent map " + map);
        }
        VolumeLog log = volume.log();
        index = log == null ? null : log.index();
        groups = index == null
                ? NO_GROUPS
                : index.groups(offsetBytes >>> Pages.SHIFT, (endBytes + Pages.MASK) >>> Pages.SHIFT);
    }

    List<Extent> list(int limit) throws IOException {
        List<Extent> extents = new ArrayList<>();
        long start = offsetBytes;
        while (start < endBytes && extents.size() < limit) {
            boolean set = isSet(start);
            long at = runEnds(start, set);
            while (at < endBytes && isSet(at) == set) {
                at = runEnds(at, set);
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
        return word == PageWord.NONE ? isSetBelow(at) : !isAllocation || !PageWord.isZeros(word);
    }

    /** A place up to which all is as it is at the given one. */
    private long runEnds(long at, boolean set) throws IOException {
        long page = at >>> Pages.SHIFT;
        int next = Arrays.binarySearch(groups, PageIndex.group(page));
        if (next >= 0) {
            return Math.min(endBytes, (page + 1) << Pages.SHIFT);
        }
        int behind = -next - 1;
        long until = behind < groups.length ? PageIndex.firstPage(groups[behind]) << Pages.SHIFT : endBytes;
        until = Math.min(until, endBytes);
        if (index != null && index.unitCount() > 0) {
            until = Math.min(until, PageIndex.unitEnd(page) << Pages.SHIFT);
        }
        return word(at) == PageWord.NONE ? runEndsBelow(at, until, set) : until;
    }

    /** What counts below a page without a word; null where that is zeros, or nothing counts. */
    private @Nullable HydratingReader base(long at) {
        HydratingReader base = isAllocation || isHydration ? volume.base() : null;
        return base == null || at >= base.manifest().sizeBytes() ? null : base;
    }

    private boolean isSetBelow(long at) throws IOException {
        ManifestReader other = since;
        if (other != null) {
            long block = at / other.manifest().chunkSizeBytes();
            return diff(other).nextDifferent(block, block + 1) == block;
        }
        HydratingReader base = base(at);
        if (base == null) {
            return isHydration;
        }
        long block = at / base.manifest().chunkSizeBytes();
        return isHydration ? base.isHydrated(block) : base.isPresent(block);
    }

    private long runEndsBelow(long at, long until, boolean set) throws IOException {
        ManifestReader other = since;
        if (other != null) {
            TreeDiff compared = diff(other);
            return runEnds(at, until, other.manifest(), set ? compared::nextSame : compared::nextDifferent);
        }
        HydratingReader base = base(at);
        if (base == null) {
            return until;
        }
        long last = Math.min(until, base.manifest().sizeBytes());
        return runEnds(
                at,
                last,
                base.manifest(),
                isHydration
                        ? (block, end) -> base.hydrationEnds(block, end, set)
                        : (block, end) -> base.presenceEnds(block, end, set));
    }

    /** Finds where a run of blocks ends, at most at {@code end}. */
    private interface Blocks {
        long ends(long block, long end) throws IOException;
    }

    private static long runEnds(long at, long until, Manifest manifest, Blocks run) throws IOException {
        int blockBytes = manifest.chunkSizeBytes();
        long block = at / blockBytes;
        long ends = run.ends(block, (until + blockBytes - 1) / blockBytes);
        return Math.min(until, Math.max(ends, block + 1) * blockBytes);
    }

    /** Where the base differs from another disk. */
    private TreeDiff diff(ManifestReader other) {
        HydratingReader base = volume.base();
        TreeDiff known = diff;
        if (known == null || base != comparedBase) {
            known = base == null ? other.diff(null) : base.diff(other);
            diff = known;
            comparedBase = base;
        }
        return known;
    }
}
