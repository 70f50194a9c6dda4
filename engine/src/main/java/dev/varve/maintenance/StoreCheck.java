package dev.varve.maintenance;

import dev.varve.catalog.BadRecordException;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.chunk.ChunkKey;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.Manifests;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks through all records and manifests of a store, and finds those whom damage hits. Memory is bounded: by what is
 * remembered of clean subtrees, and by the problems told in full; past a bound it costs time, or numbers stand for details.
 */
final class StoreCheck {
    private final Store store;
    private final Catalog catalog;
    private final List<Problem> problems = new ArrayList<>();
    private final Damage damage;
    private final Set<ChunkKey> namedDamage = new HashSet<>();
    private final Manifests manifests;
    private final Pace pace;
    private final ManifestCheck walker;
    private final Scrubber.LogCheck logs;
    private final Lost lost = new Lost();
    private long problemCount;
    private long snapshotCount;
    private long imageCount;
    private long volumeCount;

    /**
     * A check.
     *
     * @param damage what was found in the data, if that was read
     * @param pace is told of what is read
     */
    StoreCheck(Store store, Catalog catalog, Manifests manifests, Scrubber.LogCheck logs, Damage damage, Pace pace) {
        this.store = store;
        this.catalog = catalog;
        this.logs = logs;
        this.damage = damage;
        this.manifests = manifests;
        this.pace = pace;
        this.walker = new ManifestCheck(this, store, manifests, pace);
    }

    /** Looks at everything, also at what the last collection says of itself. */
    Findings run(long dataBytes) {
        walk();
        replayCollection();
        for (Map.Entry<ChunkKey, String> chunk : damage.chunks().entrySet()) {
            if (!namedDamage.contains(chunk.getKey())) {
                add(chunk.getValue() + " (no snapshot needs it)");
            }
        }
        return new Findings(problems, problemCount, snapshotCount, imageCount, volumeCount, dataBytes);
    }

    /** Looks at all records, and at what they name. */
    void walk() {
        damage.others().forEach(this::add);
        checkSnapshots();
        checkImages();
        checkVolumes();
        checkInstances();
        checkBin();
        checkOtherRoots();
    }

    private void checkSnapshots() {
        scan(ResourceKind.SNAPSHOT, record -> {
            snapshotCount++;
            if ("completed".equals(record.document().optionalText("state"))) {
                byte[] root = catalog.root(record.id());
                if (root == null) {
                    addLoss(record.id(), "snapshot " + record.id() + " has no manifest", 0, 0);
                } else {
                    checkRoot(record.id(), root);
                }
            }
        });
    }

    private void checkImages() {
        scan(ResourceKind.IMAGE, record -> {
            imageCount++;
            String name = record.document().text("name");
            if (!record.id().equals(catalog.named(ResourceKind.IMAGE, record.scope(), name))) {
                add("image " + record.id() + " does not hold its name '" + name + "'");
            }
            for (var mapping : record.document().documents("mappings")) {
                String snapshot = mapping.optionalText("snapshot");
                if (snapshot == null) {
                    continue;
                }
                if (catalog.find(snapshot) == null) {
                    addLoss(snapshot, "snapshot " + snapshot + " of image " + record.id() + " is missing", 0, 0);
                } else if (!catalog.referrers(snapshot).contains(record.id())) {
                    add("snapshot " + snapshot + " does not know that image " + record.id() + " needs it");
                }
            }
        });
    }

    /** One that is kept for its pending snapshots is looked at, but nobody counts it any more. */
    private void checkVolumes() {
        scan(ResourceKind.VOLUME, record -> {
            volumeCount += record.document().optionalText("deleting") == null ? 1 : 0;
            checkLog(record);
        });
    }

    private void checkLog(Resource volume) throws IOException {
        for (String missing : logs.missing(volume)) {
            addLoss(volume.id(), "the log of volume " + volume.id() + " is not whole: " + missing, 0, 0);
        }
    }

    private void checkInstances() {
        scan(ResourceKind.INSTANCE, record -> {
            for (var attachment : record.document().documents("attachments")) {
                String volume = attachment.optionalText("volume");
                if (volume != null && catalog.find(volume) == null) {
                    add("volume " + volume + " of instance " + record.id() + " is missing");
                }
            }
        });
    }

    /** What was deleted is to be whole as long as it can be restored; its manifests are looked at as {@link #checkOtherRoots}. */
    private void checkBin() {
        for (ResourceKind kind : ResourceKind.values()) {
            scan(kind.word(), (each, bad) -> catalog.bin().scan(kind, each, bad), record -> {
                if (kind == ResourceKind.VOLUME) {
                    checkLog(record);
                }
            });
        }
    }

    private void replayCollection() {
        try {
            String problem = new CollectionReplay(store, pace).problem();
            if (problem != null) {
                add(problem);
            }
        } catch (IOException e) {
            add("the last collection can't be replayed: " + e.getMessage());
        }
    }

    /** What volumes and unfinished work hold. */
    private void checkOtherRoots() {
        for (String after = ""; ; ) {
            List<Map.Entry<String, byte[]>> roots;
            try {
                roots = catalog.roots(after, 100);
            } catch (IOException e) {
                lost.more();
                add("manifests can't be listed: " + e.getMessage());
                return;
            }
            for (Map.Entry<String, byte[]> root : roots) {
                after = root.getKey();
                checkOtherRoot(root.getKey(), root.getValue());
            }
            if (roots.isEmpty()) {
                return;
            }
        }
    }

    private void checkOtherRoot(String owner, byte[] root) {
        boolean isSeen = false;
        try {
            isSeen = isCompletedSnapshot(owner);
        } catch (IOException e) {
            add(owner + " can't be looked up: " + e.getMessage());
        }
        try {
            if (!isSeen) {
                checkRoot(owner, root);
            }
        } catch (IOException e) {
            lost.more();
            addLoss(owner, owner + " can't be checked: " + e.getMessage(), 0, 0);
        }
    }

    private boolean isCompletedSnapshot(String owner) throws IOException {
        Resource resource = catalog.find(owner);
        return resource != null
                && resource.kind() == ResourceKind.SNAPSHOT
                && "completed".equals(resource.document().optionalText("state"));
    }

    /** What is held once it is in use stays while it is looked at. */
    private void checkRoot(String owner, byte[] root) throws IOException {
        for (byte[] now = root; now != null; ) {
            Manifest manifest;
            try {
                manifest = Manifest.parse(new String(now, StandardCharsets.US_ASCII));
            } catch (IOException e) {
                lost.more();
                addLoss(owner, "the manifest of " + owner + " is damaged: " + e.getMessage(), 0, 0);
                return;
            }
            manifests.use(manifest);
            try {
                byte[] then = catalog.root(owner);
                if (Arrays.equals(now, then)) {
                    walker.check(owner, manifest);
                    return;
                }
                now = then;
            } finally {
                manifests.leave(manifest);
            }
        }
    }

    private interface RecordCheck {
        void check(Resource record) throws IOException;
    }

    /** Gives all records of a kind, and those that can't be read. */
    private interface Records {
        void scan(Consumer<Resource> each, Consumer<BadRecordException> bad) throws IOException;
    }

    private void scan(ResourceKind kind, RecordCheck check) {
        scan(kind.word(), (each, bad) -> catalog.scan(kind, each, bad), check);
    }

    /** Looks at all records; one that can't be looked at is a problem, and the next one's turn comes. */
    private void scan(String what, Records records, RecordCheck check) {
        try {
            records.scan(
                    record -> {
                        try {
                            check.check(record);
                        } catch (IOException | IllegalArgumentException e) {
                            lost.more();
                            addLoss(record.id(), record.id() + " can't be checked: " + e.getMessage(), 0, 0);
                        }
                    },
                    bad -> add(String.valueOf(bad.getMessage())));
        } catch (IOException e) {
            lost.more();
            add("not all " + what + "s can be listed: " + e.getMessage());
        }
    }

    /** What is wrong with a chunk, as far as its data was read; null when nothing is. */
    @Nullable
    String damage(ChunkKey key) {
        String problem = damage.of(key);
        if (problem != null) {
            namedDamage.add(key);
        }
        return problem;
    }

    /** Whether a chunk is as good as there. */
    boolean isFound(ChunkKey key) {
        return damage.isFound(key);
    }

    /** What was found to be lost. */
    Lost lost() {
        return lost;
    }

    long problemCount() {
        return problemCount;
    }

    void addLoss(String owner, String message, long offsetBytes, long lengthBytes) {
        List<String> images = List.of();
        try {
            images = problemCount < Findings.MAX_PROBLEMS ? catalog.referrers(owner) : images;
        } catch (IOException e) {
            add("not known which images need " + owner + ": " + e.getMessage());
        }
        add(new Problem(message, owner, images, offsetBytes, lengthBytes));
    }

    private void add(String message) {
        add(new Problem(message, null, List.of(), 0, 0));
    }

    private void add(Problem problem) {
        problemCount++;
        if (problems.size() < Findings.MAX_PROBLEMS) {
            problems.add(problem);
        }
    }
}
