package dev.varve.maintenance;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.chunk.ChunkKey;
import dev.varve.store.VerifyReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What reading the data of a store has found, from any thread. Past a bound it is told, but its owners are not looked for. */
final class Damage implements VerifyReport {
    private static final int MAX_CHUNKS = Lost.MOST;

    @GuardedBy("this")
    private final Map<ChunkKey, String> chunks = new HashMap<>();

    @GuardedBy("this")
    private final Set<ChunkKey> found = new HashSet<>();

    @GuardedBy("this")
    private final Set<String> others = new LinkedHashSet<>();

    @GuardedBy("this")
    private final List<String> files = new ArrayList<>();

    @GuardedBy("this")
    private long count;

    @Override
    public synchronized void damagedChunk(ChunkKey key, String problem) {
        String message = "chunk " + key + " is damaged: " + problem;
        if (chunks.size() < MAX_CHUNKS) {
            count += chunks.put(key, message) == null ? 1 : 0;
        } else {
            damage(message);
        }
    }

    @Override
    public synchronized void damage(String problem) {
        count += others.size() >= Findings.MAX_PROBLEMS || others.add(problem) ? 1 : 0;
    }

    @Override
    public synchronized void damagedFile(String problem) {
        count++;
        if (files.size() < Findings.MAX_PROBLEMS) {
            files.add(problem);
        }
    }

    /** Some chunks were found elsewhere, and are as good as mended; so are files if that is all that is lost. */
    synchronized void isFound(Set<ChunkKey> keys) {
        chunks.keySet().removeAll(keys);
        found.addAll(keys);
        if (chunks.isEmpty()) {
            files.clear();
        }
    }

    /** Whether a chunk was found elsewhere. */
    synchronized boolean isFound(ChunkKey key) {
        return found.contains(key);
    }

    /** What is wrong with a chunk, as far as its data was read; null when nothing is. */
    synchronized @Nullable String of(ChunkKey key) {
        return chunks.get(key);
    }

    /** Chunks that are damaged, and what is wrong with each. */
    synchronized Map<ChunkKey, String> chunks() {
        return Map.copyOf(chunks);
    }

    /** What is no one chunk's. */
    synchronized List<String> others() {
        List<String> all = new ArrayList<>(files);
        all.addAll(others);
        return all;
    }

    /** How much there is. */
    synchronized long count() {
        return count;
    }
}
