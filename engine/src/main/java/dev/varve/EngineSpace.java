package dev.varve;

import dev.varve.catalog.BadRecordException;
import dev.varve.catalog.Catalog;
import dev.varve.catalog.Document;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.maintenance.FreedCount;
import dev.varve.maintenance.SpaceCount;
import dev.varve.maintenance.Usage;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.Manifests;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import dev.varve.volume.VolumeFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Says what images, snapshots and volumes take: knows their records, and has their manifests counted. */
final class EngineSpace {
    private static final int MAX_PROBLEMS = 100;

    private final Store store;
    private final Catalog catalog;
    private final Manifests manifests;
    private final List<String> problems = new ArrayList<>();

    EngineSpace(Store store, Catalog catalog, Manifests manifests) {
        this.store = store;
        this.catalog = catalog;
        this.manifests = manifests;
    }

    /**
     * A snapshot or a volume.
     *
     * @param order those that have much in common are next to each other in the order of these
     */
    private record Item(Resource resource, String order, long logicalBytes, long logBytes) {
        static Item of(Resource resource) throws IOException {
            Document document = resource.document();
            boolean isVolume = resource.kind() == ResourceKind.VOLUME;
            String volume = isVolume ? resource.id() : document.optionalText("volume");
            String order = document.optionalText("lineage") + "/" + volume + "/"
                    + (isVolume ? "~" : resource.created().toString());
            return isVolume
                    ? new Item(resource, order, VolumeFacts.sizeBytes(resource), VolumeFacts.logBytes(resource))
                    : new Item(resource, order, document.number("size", 0, Manifest.MAX_SIZE_BYTES), 0);
        }
    }

    /** Of all accounts and regions. */
    SpaceReport report(Pace pace) throws IOException {
        try (HeldRoots roots = roots()) {
            Map<String, Resource> images = new LinkedHashMap<>();
            Map<String, List<String>> parts = new LinkedHashMap<>();
            Map<String, Item> items = new LinkedHashMap<>();
            Map<String, Item> recycled = recycled();
            scan(catalog::scan, ResourceKind.IMAGE, image -> {
                parts.put(image.id(), snapshotsOf(image));
                images.put(image.id(), image);
            });
            scan(catalog::scan, ResourceKind.SNAPSHOT, snapshot -> items.put(snapshot.id(), Item.of(snapshot)));
            scan(catalog::scan, ResourceKind.VOLUME, volume -> items.put(volume.id(), Item.of(volume)));
            recycled.keySet().removeAll(items.keySet()); // restored meanwhile

            Map<String, Manifest> needed = inOrder(roots.disks(), items);
            needed.keySet().removeAll(recycled.keySet());
            Map<String, Manifest> restorable = inOrder(roots.disks(), recycled);
            restorable.keySet().retainAll(recycled.keySet());
            SpaceCount.Result result = new SpaceCount(store, manifests, pace).count(needed, parts, restorable);
            result.problems().forEach(this::problem);

            List<SpaceHolder> holders = new ArrayList<>();
            images.forEach((id, image) -> {
                List<Item> its = parts.getOrDefault(id, List.of()).stream()
                        .map(items::get)
                        .filter(Objects::nonNull)
                        .toList();
                holders.add(holder(image, null, use(its, result.use(id))));
            });
            Map<String, String> soleImages = SpaceCount.soleSets(parts);
            items.forEach((id, item) ->
                    holders.add(holder(item.resource, soleImages.get(id), use(List.of(item), result.use(id)))));
            needed.keySet().removeAll(items.keySet());
            needed.keySet()
                    .forEach(id -> holders.add(new SpaceHolder(id, "", "", "", null, use(List.of(), result.use(id)))));
            long logBytes = logBytes(items.values());
            long recycledLogBytes = logBytes(recycled.values());
            return new SpaceReport(
                    holders,
                    result.storedBytes() + logBytes + recycledLogBytes,
                    result.sharedBytes(),
                    result.recycledBytes() + recycledLogBytes,
                    result.unneededBytes(),
                    logBytes + recycledLogBytes,
                    problems);
        }
    }

    /** What was deleted and can be restored. */
    private Map<String, Item> recycled() throws IOException {
        Map<String, Item> recycled = new LinkedHashMap<>();
        for (ResourceKind kind : List.of(ResourceKind.SNAPSHOT, ResourceKind.VOLUME)) {
            scan(catalog.bin()::scan, kind, resource -> recycled.put(resource.id(), Item.of(resource)));
        }
        return recycled;
    }

    private static long logBytes(Collection<Item> items) {
        return items.stream().mapToLong(Item::logBytes).sum();
    }

    /** Disks, those next to each other that have much in common. */
    private static Map<String, Manifest> inOrder(Map<String, Manifest> disks, Map<String, Item> items) {
        Map<String, Manifest> ordered = new LinkedHashMap<>();
        disks.entrySet().stream()
                .sorted(Comparator.comparing(disk -> {
                    Item item = items.get(disk.getKey());
                    return item == null ? "" : item.order;
                }))
                .forEach(disk -> ordered.put(disk.getKey(), disk.getValue()));
        return ordered;
    }

    private static SpaceHolder holder(Resource resource, @Nullable String imageId, SpaceUse use) {
        return new SpaceHolder(
                resource.id(),
                resource.kind().word(),
                resource.scope().account(),
                resource.scope().region(),
                imageId,
                use);
    }

    private static SpaceUse use(Collection<Item> items, Usage usage) {
        long logBytes = logBytes(items);
        long logicalBytes = items.stream().mapToLong(Item::logicalBytes).sum();
        return new SpaceUse(
                logicalBytes,
                Math.min(usage.dataBytes(), logicalBytes),
                usage.uniqueBytes() + logBytes,
                usage.sharedBytes(),
                logBytes,
                usage.lost() == 0);
    }

    /** What nobody needs without some; none when it would take too long to say. */
    Optional<FreedSpace> freed(Collection<String> ids) throws IOException {
        try (HeldRoots roots = roots()) {
            Chosen chosen = new Chosen(ids, roots.disks());
            long logBytes = logBytes(chosen.items);
            return new FreedCount(store, manifests)
                    .count(chosen.disks, chosen.others)
                    .map(freed -> new FreedSpace(freed.bytes() + logBytes, precision(freed)));
        }
    }

    private static FreedSpace.Precision precision(FreedCount.Freed freed) {
        if (freed.isUpperBound()) {
            return FreedSpace.Precision.AT_MOST;
        }
        return freed.isEstimate() ? FreedSpace.Precision.ESTIMATE : FreedSpace.Precision.EXACT;
    }

    /** Some of the disks that are held, and all others. */
    private final class Chosen {
        private final List<Item> items = new ArrayList<>();
        private final List<Manifest> disks = new ArrayList<>();
        private final List<Manifest> others = new ArrayList<>();

        Chosen(Collection<String> ids, Map<String, Manifest> held) throws IOException {
            Set<String> images = new HashSet<>();
            Set<String> chosen = new LinkedHashSet<>();
            for (String id : ids) {
                Resource resource = catalog.find(id);
                if (resource == null) {
                    continue;
                }
                switch (resource.kind()) {
                    case IMAGE -> {
                        images.add(id);
                        chosen.addAll(snapshotsOf(resource));
                    }
                    case INSTANCE -> chosen.addAll(volumesThatGoWith(resource));
                    case SNAPSHOT, VOLUME -> chosen.add(id);
                }
            }
            Map<String, Manifest> rest = new HashMap<>(held);
            rest.keySet().removeAll(recycled().keySet());
            for (String id : chosen) {
                Resource resource = catalog.find(id);
                Manifest disk = held.get(id);
                if (resource != null) {
                    items.add(Item.of(resource));
                }
                if (disk != null) {
                    disks.add(disk);
                }
                if (ids.contains(id) || images.containsAll(catalog.referrers(id))) {
                    rest.remove(id);
                }
            }
            Set<String> lineages = new HashSet<>();
            for (Item item : items) {
                lineages.add(lineage(item.resource));
            }
            List<Manifest> far = new ArrayList<>();
            for (Map.Entry<String, Manifest> each : rest.entrySet()) {
                boolean isLookedUp = others.size() + far.size() < FreedCount.MAX_NODES; // no more of them are read
                Resource resource = isLookedUp ? catalog.find(each.getKey()) : null;
                boolean isNear = resource != null && lineages.contains(lineage(resource));
                (isNear ? others : far).add(each.getValue());
            }
            others.addAll(far);
        }

        private static String lineage(Resource resource) throws IOException {
            return String.valueOf(resource.document().optionalText("lineage"));
        }
    }

    private HeldRoots roots() throws IOException {
        return new HeldRoots(catalog, manifests, store.properties().chunkSizeBytes(), this::problem);
    }

    /** What is done with a record. */
    private interface Visitor {
        void record(Resource resource) throws IOException;
    }

    /** Lists records. */
    private interface Scan {
        void run(ResourceKind kind, Consumer<Resource> each, Consumer<BadRecordException> bad) throws IOException;
    }

    /** Goes on past records that can't be read. */
    private void scan(Scan scan, ResourceKind kind, Visitor visitor) throws IOException {
        scan.run(
                kind,
                resource -> {
                    try {
                        visitor.record(resource);
                    } catch (IOException e) {
                        problem(resource.id() + ": " + e.getMessage());
                    }
                },
                bad -> problem(String.valueOf(bad.getMessage())));
    }

    private static List<String> snapshotsOf(Resource image) throws IOException {
        Set<String> snapshots = new LinkedHashSet<>();
        for (Document mapping : image.document().documents("mappings")) {
            String snapshot = mapping.optionalText("snapshot");
            if (snapshot != null) {
                snapshots.add(snapshot);
            }
        }
        return List.copyOf(snapshots);
    }

    private List<String> volumesThatGoWith(Resource instance) throws IOException {
        List<String> volumes = new ArrayList<>();
        for (Document each : instance.document().documents("attachments")) {
            String id = each.optionalText("volume");
            Resource volume = id == null ? null : catalog.find(id);
            if (volume != null && VolumeFacts.goesWithInstance(volume)) {
                volumes.add(volume.id());
            }
        }
        return volumes;
    }

    private void problem(String what) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(what);
        }
    }
}
