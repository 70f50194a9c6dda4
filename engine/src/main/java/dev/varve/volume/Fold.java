package dev.varve.volume;

import dev.varve.chunk.ChunkCorruptException;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a layer of a volume's log, and all before it, into blocks over the volume's base. Costs what was written, not the
 * volume's size.
 *
 * <p>The layer's records are read again from its segments, oldest first, since the volume's own index knows the newest
 * place of a page only.
 *
 * <p>A block is left out when a page of it is damaged, or when it was written in part and the rest can't be read from the
 * base. What the log has of it is appended to the log once more, for the layer is to go: see {@link #keepRest}.
 */
final class Fold implements LogReplay.Visitor {
    private static final Logger LOG = LoggerFactory.getLogger(Fold.class);

    private final LiveVolume volume;
    private final VolumeLog log;
    private final LayerEntry layer;
    private final ManifestWriter writer;
    private final BiConsumer<ChunkKey, ByteBuffer> cached;
    private final BooleanSupplier cancelled;
    private final PageIndex pages = new PageIndex();
    private final Pages.Scratch scratch = new Pages.Scratch();
    private final int chunkPages;

    /** Blocks that are left out. */
    private final List<Long> rest = new ArrayList<>();

    private @Nullable IOException damage;
    private volatile int percent;

    /**
     * A fold.
     *
     * @param cached takes a chunk that was just written, so that to read it needs no store
     * @param cancelled whether to stop at the next block
     */
    Fold(
            LiveVolume volume,
            VolumeLog log,
            LayerEntry layer,
            ManifestWriter writer,
            BiConsumer<ChunkKey, ByteBuffer> cached,
            BooleanSupplier cancelled) {
        this.cached = cached;
        this.volume = volume;
        this.log = log;
        this.layer = layer;
        this.writer = writer;
        this.cancelled = cancelled;
        this.chunkPages = writer.chunkSizeBytes() >> Pages.SHIFT;
    }

    int percent() {
        return percent;
    }

    /** Why blocks are left out; null when none is. */
    @Nullable
    IOException damage() {
        return damage;
    }

    /**
     * Writes the blocks.
     *
     * @param start of what the base does not have
     * @return what the volume is with them; nothing is durable yet
     */
    Manifest run(LogState.Start start) throws IOException {
        LogReplay replay = new LogReplay(volume.id(), start.sequence(), layer.lastSequence(), this);
        List<LogReplay.Part> parts = new ArrayList<>();
        for (LogSegment segment : log.segmentsUpTo(layer.number())) {
            if (segment.lastSequence() < start.sequence()) {
                continue; // given up, as the record says, but for what came between
            }
            parts.add(new LogReplay.Part(segment, segment.endBytes()));
        }
        replay.run(parts);
        for (LogSegment segment : log.segments()) {
            if (segment.layer() > layer.number()) {
                replay.endBefore(segment);
                break;
            }
        }
        replay.end();
        pages.forEachUnits(
                (firstPage, endPage) -> writer.zero(firstPage / chunkPages, (endPage - firstPage) / chunkPages));
        writeChunks();
        return writer.finish(layer.sizeBytes());
    }

    @Override
    public boolean record(LogSegment segment, SegmentScan scan, int i, RecordHeader header) {
        LogReplay.put(pages, segment, scan, i, header);
        return true;
    }

    @Override
    public void lost(LogReplay.Lost record) {
        LogReplay.putLost(pages, record);
    }

    private void writeChunks() throws IOException {
        long[] groups = pages.groups();
        ByteBuffer chunk = ByteBuffer.allocateDirect(writer.chunkSizeBytes());
        long next = 0;
        for (int i = 0; i < groups.length; i++) {
            long first = PageIndex.firstPage(groups[i]) / chunkPages;
            long end = (PageIndex.firstPage(groups[i] + 1) + chunkPages - 1) / chunkPages;
            for (long block = Math.max(first, next); block < end; block++) {
                if (cancelled.getAsBoolean()) {
                    throw new CancellationException("the fold of " + volume.id() + " goes on later");
                }
                write(block, chunk);
            }
            next = end;
            percent = (int) (100L * i / groups.length);
        }
    }

    private void write(long block, ByteBuffer chunk) throws IOException {
        long firstPage = block * chunkPages;
        boolean touched = false;
        boolean missing = false;
        for (long page = firstPage; page < firstPage + chunkPages; page++) {
            boolean known = pages.get(page) != PageWord.NONE;
            touched |= known;
            missing |= !known;
        }
        if (!touched) {
            return;
        }
        try {
            chunk.clear();
            if (missing) {
                volume.readBase(chunk, firstPage << Pages.SHIFT, chunk.capacity());
            }
            for (int i = 0; i < chunkPages; i++) {
                read(firstPage + i, chunk.clear().position(i << Pages.SHIFT));
            }
        } catch (DamagedPageException | ChunkCorruptException | ChunkMissingException e) {
            LOG.error("block {} of {} can't be folded", block, volume.id(), e);
            damage = damage == null ? e : damage;
            rest.add(block);
            return;
        }
        ChunkKey key = writer.put(block, chunk.clear());
        if (key != null) {
            cached.accept(key, chunk);
        }
    }

    private void read(long page, ByteBuffer dst) throws IOException {
        long word = pages.get(page);
        if (PageWord.isDamaged(word)) {
            throw new DamagedPageException(volume.id(), page, "and what was written there is lost");
        }
        if (PageWord.isZeros(word)) {
            LiveVolume.zero(dst, Pages.BYTES);
        } else if (word != PageWord.NONE) {
            log.reader().readFrozen(page, word, dst, scratch);
        }
    }

    /**
     * Appends to the log, durably, what it has of the blocks that are left out, unless it has newer pages.
     *
     * @return the first layer that has all of it: those before, from this fold's on, are not whole
     */
    long keepRest(Staging staging) throws IOException {
        if (rest.isEmpty()) {
            return layer.number();
        }
        KeptPages kept = new KeptPages(log, log.segmentsUpTo(layer.number()), staging);
        for (long block : rest) {
            kept.keep(LongStream.range(block * chunkPages, (block + 1) * chunkPages)
                    .toArray());
        }
        log.harden(staging);
        return log.layer();
    }
}
