package dev.varve;

import dev.varve.chunk.ChunkId;
import dev.varve.chunk.ChunkKey;
import dev.varve.maintenance.Finder;
import dev.varve.maintenance.Scrubber;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks for each lost chunk by its hash. */
final class ContentFinder implements Finder {
    private final String name;
    private final ContentSource content;

    ContentFinder(String name, ContentSource content) {
        this.name = name;
        this.content = content;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long sizeBytes() {
        return 0;
    }

    @Override
    public void find(Set<ChunkKey> wanted, Taker taker, Scrubber.Progress progress) throws IOException {
        for (ChunkKey key : List.copyOf(wanted)) {
            byte[] plain =
                    key.domain() == ChunkKey.PLAIN ? content.chunk(key.id().toBytes()) : null;
            if (plain != null) {
                taker.offer(ByteBuffer.wrap(plain));
            }
            progress.progress(0, 0);
        }
    }

    @Override
    public byte @Nullable [] node(ChunkId id) throws IOException {
        return content.node(id.toBytes());
    }
}
