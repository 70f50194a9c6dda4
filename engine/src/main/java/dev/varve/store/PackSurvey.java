package dev.varve.store;

import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.FrameHeader;
import dev.varve.file.PositionalFile;
import dev.varve.file.SectorReads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds every chunk that packs hold, and writes a new index of them: what a pack says itself is all that is needed.
 *
 * <ul>
 *   <li><b>Of two frames of one chunk</b> the last counts, as after a collection or a repair, which append and then delete.
 *   <li><b>Behind damage</b> the scan looks for the next frame, and may meet one inside a chunk, which a guest has put there.
 *       So from there on content is compared with its name.
 *   <li><b>What can't be read</b> of a pack ({@link SectorReads}) counts as zeros and is told; the pack keeps its length then,
 *       and when nothing whole is in it. Else what lies behind the last whole frame counts no more: a write
 *       that died.
 *   <li><b>Durable</b> is what was found when it returns: a writer that died may have left frames that were never synced.
 *   <li><b>Memory.</b> {@value #BATCH} entries, a window, a chunk, and two numbers a pack.
 * </ul>
 */
final class PackSurvey {
    private static final int BATCH = 4096;

    private final RocksIndex index;
    private final Packs packs;
    private final int chunkSizeBytes;
    private final StoreRebuild.Progress progress;
    private final FrameScanner scanner;
    private final FrameContent content;
    private final Map<ChunkKey, Location> found = new HashMap<>();
    private final TreeMap<Integer, PackState> states = new TreeMap<>();
    private final Set<Integer> changed = new HashSet<>();
    private long chunks;
    private long totalBytes;
    private long doneBytes;
    private long unreadBytes;
    private long unreadEnd;
    private @Nullable String unread;

    PackSurvey(RocksIndex index, Packs packs, int chunkSizeBytes, StoreRebuild.Progress progress) {
        this.index = index;
        this.packs = packs;
        this.progress = progress;
        scanner = new FrameScanner(chunkSizeBytes);
        content = new FrameContent(chunkSizeBytes);
        this.chunkSizeBytes = chunkSizeBytes;
    }

    /**
     * Writes the entries of all packs, which are settled, and makes the packs durable, but not the folder.
     *
     * @return how many chunks there are
     * @throws IOException also when a pack can't be opened
     */
    long run() throws IOException {
        TreeMap<Integer, Long> lengths = packs.lengths();
        totalBytes = lengths.values().stream().mapToLong(Long::longValue).sum();
        for (Map.Entry<Integer, Long> pack : lengths.entrySet()) {
            survey(pack.getKey(), Math.min(pack.getValue(), Location.MAX_OFFSET_BYTES));
        }
        write();
        return chunks;
    }

    /** What can't be read of packs, and where the first of it is; null when all can. */
    @Nullable
    String unread() {
        return unread == null ? null : unreadBytes + " bytes of packs can't be read, the first in " + unread;
    }

    private void survey(int pack, long endBytes) throws IOException {
        Frames frames = new Frames(pack);
        if (endBytes > PackHeader.BYTES) {
            states.put(pack, new PackState(pack, endBytes, 0));
            long unreadBefore = unreadBytes;
            unreadEnd = 0;
            scanner.scan((dst, at) -> read(pack, endBytes, dst, at), PackHeader.BYTES, endBytes, frames);
            if (unreadBytes == unreadBefore && frames.end > 0) {
                states.computeIfPresent(pack, (number, state) -> new PackState(number, frames.end, state.liveBytes()));
            }
            changed.add(pack);
            packs.file(pack).sync();
        }
        frames.read(endBytes);
    }

    /** Reads up to the pack's end; what can't be read is as good as zeros. */
    private int read(int pack, long endBytes, ByteBuffer dst, long offsetBytes) throws IOException {
        PositionalFile file = packs.file(pack);
        int length = (int) Math.min(dst.remaining(), Math.max(0, endBytes - offsetBytes));
        SectorReads.read(
                file::read,
                dst.slice(dst.position(), length),
                offsetBytes,
                (at, bytes, why) -> isUnread(pack, at, at + bytes));
        dst.position(dst.position() + length);
        return length;
    }

    /** Of one pack after the other; windows overlap. */
    private void isUnread(int pack, long fromBytes, long toBytes) {
        unread = unread == null ? packs.path(pack) + " at offset " + fromBytes : unread;
        unreadBytes += Math.max(0, toBytes - Math.max(fromBytes, unreadEnd));
        unreadEnd = Math.max(unreadEnd, toBytes);
    }

    private final class Frames implements FrameScanner.Visitor {
        private final int pack;
        private long at;
        private long end;
        private boolean isBehindDamage;

        Frames(int pack) {
            this.pack = pack;
        }

        @Override
        public void frame(FrameHeader header, long offsetBytes, ByteBuffer payload) throws IOException {
            Location place = new Location(pack, offsetBytes, header.frameBytes(), 0);
            if (header.plainBytes() == chunkSizeBytes
                    && (!isBehindDamage || content.problem(header, payload).isEmpty())) {
                add(header.key(), place);
                end = place.endBytes();
            }
            read(place.endBytes());
        }

        @Override
        public void gap(long fromBytes, long toBytes, String problem) {
            isBehindDamage = true;
            read(toBytes);
        }

        private void read(long toBytes) {
            doneBytes += toBytes - at;
            at = toBytes;
            progress.progress(doneBytes, totalBytes);
        }
    }

    private void add(ChunkKey key, Location place) throws IOException {
        Location before = found.get(key);
        before = before == null ? index.chunk(key) : before;
        if (before == null) {
            chunks++;
        } else {
            live(before.pack(), -before.lengthBytes());
        }
        live(place.pack(), place.lengthBytes());
        found.put(key, place);
        if (found.size() >= BATCH) {
            write();
        }
    }

    private void live(int pack, int bytes) {
        states.computeIfPresent(
                pack, (number, state) -> new PackState(number, state.publishedBytes(), state.liveBytes() + bytes));
        changed.add(pack);
    }

    private void write() throws IOException {
        try (IndexBatch batch = index.batch()) {
            for (Map.Entry<ChunkKey, Location> entry : found.entrySet()) {
                batch.chunk(entry.getKey(), entry.getValue());
            }
            for (int pack : changed) {
                PackState state = states.get(pack);
                if (state != null) {
                    batch.pack(state);
                }
            }
            index.write(batch, false);
        }
        found.clear();
        changed.clear();
    }
}
