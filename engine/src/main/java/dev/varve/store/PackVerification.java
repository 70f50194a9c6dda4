package dev.varve.store;

import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.FrameCodec;
import dev.varve.chunk.FrameHeader;
import dev.varve.file.PositionalFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Verification} of a {@link PackStore}.
 *
 * <p><b>Sound</b> is a pack all of whose bytes are intact frames, and in which as many bytes lie where the index says as the
 * pack's state counts. Both are known without going through the index, and hold for all packs but those with damage, or with
 * a hole that a failed write has left. What changes while a pack is read lies between two states of it.
 *
 * <p><b>Lost</b> is a chunk whose entry points to something else, and still does so when it was looked at again: whoever moves
 * or drops a chunk changes its entry before its bytes. So nothing is locked, and damage needs no memory.
 */
final class PackVerification implements Verification {
    /** What an entry of the index takes, about. */
    private static final int ENTRY_BYTES = 64;

    private final PackStore store;
    private final StoreFiles files;
    private final RocksIndex index;
    private final Packs packs;
    private final FrameScanner scanner;
    private final FrameCodec codec;
    private final FrameContent content;

    PackVerification(PackStore store) {
        this.store = store;
        files = store.files();
        index = files.index();
        packs = files.packs();
        int chunkSizeBytes = store.properties().chunkSizeBytes();
        scanner = new FrameScanner(chunkSizeBytes);
        codec = new FrameCodec(chunkSizeBytes);
        content = new FrameContent(chunkSizeBytes);
    }

    @Override
    public List<Pack> packs() {
        return store.flights().packStates().stream()
                .map(state -> new Pack(state.number(), state.publishedBytes()))
                .toList();
    }

    private @Nullable PackState state(int pack) {
        return store.flights().packState(pack);
    }

    @Override
    public boolean isSound(int pack, Pace pace) {
        PackState before = state(pack);
        if (before == null) {
            return true;
        }
        Scan scan = new Scan(pack, pace);
        try {
            scan.isIntact = fileProblem(pack).isEmpty();
            PositionalFile file = packs.file(pack);
            long end = Math.min(file.size(), before.publishedBytes());
            scanner.scan(file, Math.min(PackHeader.BYTES, end), end, scan);
        } catch (CancellationException e) {
            throw e;
        } catch (IOException | IllegalStateException e) { // unreadable, or deleted meanwhile; or the store is closed
            scan.isIntact = false;
        }
        PackState after = state(pack);
        if (after == null) {
            return true;
        }
        return scan.isIntact
                && scan.inPlaceBytes >= Math.min(before.liveBytes(), after.liveBytes())
                && scan.inPlaceBytes <= Math.max(before.liveBytes(), after.liveBytes());
    }

    /** Counts what lies where the index says. */
    private final class Scan implements FrameScanner.Visitor {
        private final int pack;
        private final Pace pace;
        private boolean isIntact = true;
        private long inPlaceBytes;

        Scan(int pack, Pace pace) {
            this.pack = pack;
            this.pace = pace;
        }

        @Override
        public void frame(FrameHeader header, long offsetBytes, ByteBuffer payload) throws IOException {
            Location named = index.chunk(header.key());
            if (named != null && named.samePlace(new Location(pack, offsetBytes, header.frameBytes(), 0))) {
                isIntact &= content.problem(header, payload).isEmpty();
                inPlaceBytes += header.frameBytes();
            }
            pace.spent(header.frameBytes());
        }

        @Override
        public void gap(long fromBytes, long toBytes, String problem) {
            isIntact = false;
            pace.spent(toBytes - fromBytes);
        }
    }

    @Override
    public void findLost(Set<Integer> unsound, VerifyReport report, Pace pace) {
        try {
            index.chunks((key, location) -> {
                pace.spent(ENTRY_BYTES);
                if (unsound.contains(location.pack()) || state(location.pack()) == null) {
                    pace.spent(location.lengthBytes());
                    check(key, location, report);
                }
            });
        } catch (IOException e) {
            report.damage(String.valueOf(e.getMessage()));
        }
    }

    private void check(ChunkKey key, Location entry, VerifyReport report) throws IOException {
        Location location = entry;
        while (true) {
            String problem = problem(key, location);
            Location now = problem.isEmpty() ? null : index.chunk(key);
            if (now == null) {
                return;
            }
            if (now.samePlace(location)) {
                report.damagedChunk(
                        key, packs.path(location.pack()) + " at offset " + location.offsetBytes() + ": " + problem);
                return;
            }
            location = now;
        }
    }

    /** What is wrong with what an entry points to; an empty text when nothing is. */
    String problem(ChunkKey key, Location location) {
        try {
            return look(key, location);
        } catch (IOException | IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Whether what an entry points to is not the chunk; not whether it could not be read now. */
    boolean isGone(ChunkKey key, Location location) {
        try {
            return !look(key, location).isEmpty();
        } catch (IOException e) {
            return e instanceof EOFException || e instanceof NoSuchFileException;
        }
    }

    private String look(ChunkKey key, Location location) throws IOException {
        if (location.lengthBytes() <= 0 || location.lengthBytes() > codec.maxFrameBytes()) {
            return "frame of " + location.lengthBytes() + " bytes";
        }
        if (!Files.exists(packs.path(location.pack()))) {
            return "the file is missing";
        }
        try {
            ByteBuffer frame = codec.buffer(location.lengthBytes());
            packs.read(location, frame);
            FrameHeader header = codec.header(frame.flip());
            return header.key().equals(key) ? content.problem(header, frame) : "found chunk " + header.key();
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Override
    public void checkFiles(VerifyReport report) {
        Path format = files.layout().format();
        for (Path copy : List.of(format, FormatFile.copy(format))) {
            try {
                FormatFile.readOne(copy);
            } catch (IOException e) {
                report.damagedFile(String.valueOf(e.getMessage()));
            }
        }
        for (Pack pack : packs()) {
            String problem = fileProblem(pack.number());
            if (!problem.isEmpty()) {
                report.damagedFile(packs.path(pack.number()) + problem);
            }
        }
        try {
            index.verify();
        } catch (IOException e) {
            report.damage(String.valueOf(e.getMessage()));
        }
    }

    /** What is wrong with a file as such, while nobody cuts it; an empty text when nothing is. */
    private String fileProblem(int pack) {
        String problem;
        store.leases().holdReclaims();
        try {
            PackState state = state(pack);
            long size = Files.size(packs.path(pack));
            String header = packs.headerProblem(pack);
            problem = header.isEmpty() ? "" : ": " + header;
            if (state != null && size < state.publishedBytes()) {
                problem = " ends at " + size + ", expected " + state.publishedBytes();
            }
        } catch (NoSuchFileException e) {
            problem = " is missing";
        } catch (IOException | IllegalStateException e) {
            problem = " can't be read: " + e.getMessage();
        } finally {
            store.leases().releaseReclaims();
        }
        return state(pack) == null ? "" : problem; // who deletes one forgets it before
    }
}
