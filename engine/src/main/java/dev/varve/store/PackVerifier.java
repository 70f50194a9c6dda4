package dev.varve.store;

import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.Codec;
import dev.varve.chunk.FrameHeader;
import dev.varve.file.PositionalFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads every frame and every index block and checks them.
 *
 * <p>First the packs, front to back, which finds every damaged byte; then the index, whose entries that point into
 * damage are the chunks that are lost. So memory holds the damage, not the store. An intact frame may still lie where
 * another should: frames in their place are counted, and entries whose frame is intact too; only where the numbers differ
 * is every entry's frame looked at. Writers may go on: what they append is looked at next time.
 */
final class PackVerifier {
    private final StoreFiles files;
    private final StoreProperties properties;
    private final List<PackState> states;
    private final Map<Integer, PackState> known = new HashMap<>();
    private final Map<Integer, List<Gap>> gaps = new HashMap<>();
    private final ByteBuffer plain;
    private final ChunkHasher hasher = new ChunkHasher();
    private long done;
    private long total;
    private long framesInPlace;
    private long soundEntries;

    PackVerifier(StoreFiles files, StoreProperties properties, List<PackState> states) {
        this.files = files;
        this.properties = properties;
        this.states = states;
        plain = ByteBuffer.allocateDirect(properties.chunkSizeBytes());
    }

    private record Gap(long fromBytes, long toBytes, String problem) {
        boolean touches(Location location) {
            return location.offsetBytes() < toBytes && location.endBytes() > fromBytes;
        }
    }

    void verify(boolean verifyContent, VerifyReport report) throws IOException {
        for (PackState state : states) {
            total += state.publishedBytes();
            known.put(state.number(), state);
        }
        checkFormat(report);
        for (PackState state : states) {
            checkPack(state, verifyContent, report);
        }
        try {
            files.index().verify();
            files.index().chunks((key, location) -> checkEntry(key, location, report));
            if (soundEntries > framesInPlace) {
                files.index().chunks((key, location) -> checkPlace(key, location, report));
            }
        } catch (StoreCorruptException e) {
            report.damage(String.valueOf(e.getMessage()));
        }
    }

    private void checkFormat(VerifyReport report) throws IOException {
        for (java.nio.file.Path copy :
                List.of(files.layout().format(), FormatFile.copy(files.layout().format()))) {
            try {
                FormatFile.readOne(copy);
            } catch (IOException e) {
                report.damage(String.valueOf(e.getMessage()));
            }
        }
    }

    private void checkPack(PackState state, boolean verifyContent, VerifyReport report) throws IOException {
        int number = state.number();
        String path = files.packs().path(number).toString();
        if (!Files.exists(files.packs().path(number))) {
            damaged(number, new Gap(0, Long.MAX_VALUE, path + " is missing"), report);
            done += state.publishedBytes();
            return;
        }
        PositionalFile file = files.packs().file(number);
        String problem = files.packs().headerProblem(number);
        if (!problem.isEmpty()) {
            report.damage(path + ": " + problem);
        }
        long size = file.size();
        if (size < state.publishedBytes()) {
            damaged(
                    number,
                    new Gap(size, Long.MAX_VALUE, path + " ends at " + size + ", expected " + state.publishedBytes()),
                    report);
        }
        long end = Math.min(size, state.publishedBytes());
        FrameScanner scanner = new FrameScanner(properties.chunkSizeBytes());
        scanner.scan(file, Math.min(PackHeader.BYTES, end), end, new FrameScanner.Visitor() {
            @Override
            public void frame(FrameHeader header, long offset, ByteBuffer payload) throws IOException {
                String wrong = verifyContent ? contentProblem(header, payload) : "";
                Location place = files.index().chunk(header.key());
                if (wrong.isEmpty()
                        && place != null
                        && place.samePlace(new Location(number, offset, header.frameBytes(), 0))) {
                    framesInPlace++;
                }
                if (!wrong.isEmpty()) {
                    gaps.computeIfAbsent(number, n -> new ArrayList<>())
                            .add(new Gap(
                                    offset,
                                    offset + header.frameBytes(),
                                    path + " at offset " + offset + ": " + wrong));
                }
                report.progress(done + offset, total);
            }

            @Override
            public void gap(long from, long to, String wrong) {
                gaps.computeIfAbsent(number, n -> new ArrayList<>())
                        .add(new Gap(from, to, path + " at offset " + from + ": " + wrong));
            }
        });
        done += state.publishedBytes();
    }

    private void damaged(int pack, Gap gap, VerifyReport report) {
        gaps.computeIfAbsent(pack, n -> new ArrayList<>()).add(gap);
        report.damage(gap.problem());
    }

    private String contentProblem(FrameHeader header, ByteBuffer payload) {
        if (header.plainBytes() != properties.chunkSizeBytes()) {
            return "chunk of " + header.plainBytes() + " bytes";
        }
        if (header.key().domain() != ChunkKey.PLAIN) {
            return "";
        }
        try {
            Codec.of(header.codec()).decompress(payload, plain.clear());
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
        var found = hasher.hash(plain.flip());
        return found.equals(header.key().id()) ? "" : "content hashes to " + found + ", expected " + header.key();
    }

    private void checkEntry(ChunkKey key, Location location, VerifyReport report) {
        if (!known.containsKey(location.pack())) {
            if (!Files.exists(files.packs().path(location.pack()))) {
                report.damagedChunk(key, files.packs().path(location.pack()) + " is missing");
            }
            return;
        }
        Gap gap = gap(location);
        if (gap != null) {
            report.damagedChunk(key, gap.problem());
        }
        if (isScanned(location) && gap == null) {
            soundEntries++;
        }
    }

    private @Nullable Gap gap(Location location) {
        for (Gap gap : gaps.getOrDefault(location.pack(), List.of())) {
            if (gap.touches(location)) {
                return gap;
            }
        }
        return null;
    }

    /** Whether the frame lies where a pack ended when the check began: entries come while it runs. */
    private boolean isScanned(Location location) {
        PackState state = known.get(location.pack());
        return state != null && location.endBytes() <= state.publishedBytes();
    }

    private void checkPlace(ChunkKey key, Location location, VerifyReport report) throws IOException {
        if (!isScanned(location) || gap(location) != null) {
            return;
        }
        ByteBuffer header = ByteBuffer.allocate(FrameHeader.BYTES);
        try {
            files.packs().read(location, header);
            FrameHeader found = FrameHeader.read(header.flip());
            if (!found.key().equals(key) || found.frameBytes() != location.lengthBytes()) {
                report.damagedChunk(key, where(location) + "found chunk " + found.key());
            }
        } catch (IllegalArgumentException | EOFException e) {
            report.damagedChunk(key, where(location) + e.getMessage());
        }
    }

    private String where(Location location) {
        return files.packs().path(location.pack()) + " at offset " + location.offsetBytes() + ": ";
    }
}
