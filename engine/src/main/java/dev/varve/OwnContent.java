package dev.varve;

import dev.varve.block.BlockDevice;
import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.maintenance.Finder;
import dev.varve.maintenance.Scrubber;
import dev.varve.volume.VolumeContents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the store has elsewhere: in its cache, and where volumes were written to. */
final class OwnContent implements Finder {
    private final VolumeContents volumes;
    private final int chunkSizeBytes;

    OwnContent(VolumeContents volumes, int chunkSizeBytes) {
        this.volumes = volumes;
        this.chunkSizeBytes = chunkSizeBytes;
    }

    @Override
    public String name() {
        return "cache and volumes";
    }

    @Override
    public long sizeBytes() {
        return 0;
    }

    @Override
    public void find(Set<ChunkKey> wanted, Taker taker, Scrubber.Progress progress) throws IOException {
        ByteBuffer plain = ByteBuffer.allocateDirect(chunkSizeBytes);
        for (ChunkKey key : List.copyOf(wanted)) {
            if (volumes.readCached(key, plain.clear())) {
                taker.offer(plain.flip());
            }
            progress.progress(0, 0);
        }
        if (!wanted.isEmpty()) {
            volumes.visitWritten((id, disk) -> new DiskFinder(id, disk, BlockDevice.LAYER)
                    .find(wanted, taker, (done, total) -> progress.progress(0, 0)));
        }
    }

    @Override
    public byte @Nullable [] node(ChunkId id) {
        return null;
    }
}
