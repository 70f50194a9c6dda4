package dev.varve.volume;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.block.BlockDevice;
import dev.varve.cache.ChunkLoader;
import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.chunk.ChunkKey;
import dev.varve.chunk.ChunkMissingException;
import dev.varve.snapshot.Snapshots;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What there is of chunks outside the store: in the cache, and where volumes were written to. For a repair. */
public final class VolumeContents {
    private static final Logger LOG = LoggerFactory.getLogger(VolumeContents.class);
    private static final String ENGINE = ".*/engine/src/.*";

    private final VolumeRegistry volumes;
    private final int chunkSizeBytes;

    VolumeContents(VolumeRegistry volumes, int chunkSizeBytes) {
        this.volumes = volumes;
        this.chunkSizeBytes = chunkSizeBytes;
    }

    /** Is shown volumes. */
    public interface Visitor {
        /**
         * One volume.
         *
         * @param id its id
         * @param disk its content, to be read only, until this returns
         * @throws IOException when it can't be read: the next one's turn comes
         */
        void visit(String id, BlockDevice disk) throws IOException;
    }

    /**
     * Reads a chunk that the cache has, without asking the store.
     *
     * @param key its name
     * @param dst takes one chunk
     * @return false when the cache does not have it
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public boolean readCached(ChunkKey key, ByteBuffer dst) {
        ChunkLoader none = (wanted, unused) -> {
            throw new ChunkMissingException(wanted, "the cache");
        };
        try {
            volumes.cache().readThrough(key, none, 0, dst, chunkSizeBytes);
            return true;
        } catch (IOException e) {
            LOG.debug("{} is not in the cache", key, e);
            return false;
        }
    }

    /**
     * Shows all volumes that were written to, attached or not.
     *
     * @param visitor is shown one after the other
     * @throws IOException when the records can't be read
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public void visitWritten(Visitor visitor) throws IOException {
        List<Resource> all = new ArrayList<>();
        volumes.catalog().scan(ResourceKind.VOLUME, all::add, bad -> LOG.debug("a volume is passed over", bad));
        for (Resource each : all) {
            try {
                if (!VolumeRecord.segments(each).isEmpty()) {
                    visit(each, visitor);
                }
            } catch (IOException | Ec2Exception e) { // it may have been deleted meanwhile
                LOG.warn("{} is passed over: {}", each.id(), e.getMessage());
            }
        }
    }

    private void visit(Resource record, Visitor visitor) throws IOException {
        LiveVolume volume = volumes.use(record.scope(), record.id(), false);
        Snapshots others =
                volumes.snapshots().in(record.scope().account(), record.scope().region());
        try (BlockDevice disk = new VolumeDevice(volume, others::ofMap, closing -> volumes.leave(record.id()))) {
            visitor.visit(record.id(), disk);
        }
    }
}
