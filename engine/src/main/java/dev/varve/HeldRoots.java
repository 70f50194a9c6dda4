package dev.varve;

import dev.varve.catalog.Catalog;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.Manifests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** All manifests that the catalog holds, in use until this is closed: no collection drops what they name. */
final class HeldRoots implements AutoCloseable {
    private static final int BATCH = 1000;

    private final Catalog catalog;
    private final Manifests manifests;
    private final int chunkSizeBytes;
    private final Consumer<String> problems;
    private final Map<String, Manifest> disks = new TreeMap<>();

    /**
     * Takes them.
     *
     * @param problems is told of those that can't be read
     */
    HeldRoots(Catalog catalog, Manifests manifests, int chunkSizeBytes, Consumer<String> problems) throws IOException {
        this.catalog = catalog;
        this.manifests = manifests;
        this.chunkSizeBytes = chunkSizeBytes;
        this.problems = problems;
        try {
            List<Map.Entry<String, byte[]>> batch;
            String after = "";
            do {
                batch = catalog.roots(after, BATCH);
                for (Map.Entry<String, byte[]> root : batch) {
                    after = root.getKey();
                    hold(root.getKey(), root.getValue());
                }
            } while (batch.size() == BATCH);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** By owner. */
    Map<String, Manifest> disks() {
        return disks;
    }

    /** What is still held once it is in use is a root of every collection that begins from now on. */
    private void hold(String owner, byte[] root) throws IOException {
        for (byte[] now = root; now != null; ) {
            Manifest disk;
            try {
                disk = Manifest.parse(new String(now, StandardCharsets.US_ASCII));
            } catch (IOException e) {
                problems.accept("the manifest of " + owner + " can't be read: " + e.getMessage());
                return;
            }
            if (disk.chunkSizeBytes() != chunkSizeBytes) {
                problems.accept("the manifest of " + owner + " has chunks of " + disk.chunkSizeBytes() + " bytes");
                return;
            }
            manifests.use(disk);
            byte[] then;
            try {
                then = catalog.root(owner);
            } catch (IOException e) {
                manifests.leave(disk);
                throw e;
            }
            if (Arrays.equals(now, then)) {
                disks.put(owner, disk);
                return;
            }
            manifests.leave(disk);
            now = then;
        }
    }

    @Override
    public void close() {
        disks.values().forEach(manifests::leave);
        disks.clear();
    }
}
