package dev.varve.maintenance;

import dev.varve.chunk.ChunkKey;
import dev.varve.manifest.ContentSteps;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.Manifests;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Counts what each of a store's disks takes, alone and with others, beside all that is done with the store.
 *
 * <p>All chunks are listed with what they take. Then it goes from disk to disk, reading only what differs from the one before,
 * and each chunk remembers the first and the last disk that named it: if they are the same, it is that disk's alone. The disks
 * of a set (those of an image) are visited one after the other, so a chunk is the set's alone if both are in it. Disks of the same
 * content are visited together, and share all they have.
 *
 * <p>So every chunk is counted once: as one disk's, as shared, or as needed by none. What the disks name must not be dropped
 * meanwhile: whoever gives them says {@link Manifests#use}.
 */
public final class SpaceCount {
    /** What looking at an entry of the index, or at a block, costs: about. */
    private static final int ENTRY_BYTES = 64;

    private static final int MAX_PROBLEMS = 100;

    /** The number of recycled disks: what no other has named yet remembers it as the first, and nothing as the last. */
    private static final int RECYCLED = ChunkTable.MAX_DISKS;

    private final Store store;
    private final Pace pace;
    private final ContentSteps steps;
    private final ChunkTable table = new ChunkTable();
    private final Set<String> problems = new LinkedHashSet<>();

    /** Where it is: the disks, their number, and that of those it goes to; 0 is not remembered. */
    private List<Manifest> here = List.of();

    private int number;
    private int nextNumber;
    private Stop stop = new Stop(List.of());

    /** What those take where it is. */
    private long blocks;

    private long storedBytes;
    private long lost;

    /**
     * A count, to be used once.
     *
     * @param store what is counted
     * @param manifests of the store
     * @param pace is told of what is read; what it throws ends the count
     */
    public SpaceCount(Store store, Manifests manifests, Pace pace) {
        this.store = store;
        this.pace = pace;
        steps = manifests.steps(new Counting());
    }

    /**
     * What was counted.
     *
     * @param uses of disks and of sets, by name
     * @param storedBytes of all chunks
     * @param sharedBytes of chunks that more than one disk names
     * @param recycledBytes of chunks that only recycled disks name
     * @param unneededBytes of chunks that none names: condemned ones, and those of writers and readers
     * @param problems what could not be counted; the first 100
     */
    public record Result(
            Map<String, Usage> uses,
            long storedBytes,
            long sharedBytes,
            long recycledBytes,
            long unneededBytes,
            List<String> problems) {
        /**
         * What one takes.
         *
         * @param name of a disk or a set
         * @return zeros when it was not counted
         */
        public Usage use(String name) {
            return uses.getOrDefault(name, Usage.NONE);
        }
    }

    /** Disks of the same content. */
    private static final class Stop {
        private final List<String> names;
        private final List<Manifest> disks = new ArrayList<>();

        /** The set that has all of them, and whose alone they are. */
        private @Nullable String set;

        private Usage usage = Usage.NONE;
        private long uniqueBytes;

        Stop(List<String> names) {
            this.names = names;
        }
    }

    /**
     * Counts.
     *
     * @param disks by name; the less that differs from one to the next, the less is read
     * @param sets names of disks by the set's own name; a disk of two sets is nobody's alone
     * @param recycled disks that count for nothing, but what only they name is told apart
     * @return what they take
     * @throws IOException when the index can't be read; what is damaged of the disks is told in the result
     */
    public Result count(Map<String, Manifest> disks, Map<String, List<String>> sets, Map<String, Manifest> recycled)
            throws IOException {
        store.chunks((key, bytes) -> {
            pace.spent(ENTRY_BYTES);
            table.add(key, bytes);
        });
        table.endAdding();
        List<Stop> stops = stops(disks, sets);
        if (stops.size() >= RECYCLED) {
            throw new IOException(stops.size() + " different disks: at most " + (RECYCLED - 1) + " are counted");
        }
        for (int i = 0; i < stops.size(); i++) {
            go(stops.get(i), i + 1);
        }
        go(new Stop(List.of()), 0);
        for (Stop each : stops(recycled, Map.of())) {
            go(each, RECYCLED);
        }
        Map<String, Stop> byName = new HashMap<>();
        stops.forEach(each -> each.names.forEach(name -> byName.put(name, each)));
        Map<String, Stop> wholes = new LinkedHashMap<>();
        for (Map.Entry<String, List<String>> set : sets.entrySet()) {
            wholes.put(set.getKey(), whole(set.getValue(), byName));
        }
        go(new Stop(List.of()), 0);
        return sum(stops, wholes);
    }

    /** All disks of a set at once, so that what several of them name is counted once; one alone was counted before. */
    private Stop whole(List<String> names, Map<String, Stop> byName) throws IOException {
        Stop whole = new Stop(names);
        for (String name : names) {
            Stop of = byName.get(name);
            if (of != null) {
                whole.disks.addAll(of.disks);
                whole.usage = of.usage;
            }
        }
        if (whole.disks.size() > 1) {
            go(whole, 0);
        }
        return whole;
    }

    /** Disks of the same content together, and those of a set next to each other. */
    private static List<Stop> stops(Map<String, Manifest> disks, Map<String, List<String>> sets) {
        Map<String, String> soleSets = soleSets(sets);
        Map<Content, Stop> byContent = new LinkedHashMap<>();
        disks.forEach((name, disk) -> {
            Stop stop = byContent.computeIfAbsent(Content.of(disk), content -> new Stop(new ArrayList<>()));
            String set = soleSets.get(name);
            stop.set = stop.names.isEmpty() || set != null && set.equals(stop.set) ? set : null;
            stop.names.add(name);
            if (stop.disks.isEmpty()) {
                stop.disks.add(disk);
            }
        });
        Map<String, List<Stop>> bySet = new HashMap<>();
        for (Stop stop : byContent.values()) {
            if (stop.set != null) {
                bySet.computeIfAbsent(stop.set, set -> new ArrayList<>()).add(stop);
            }
        }
        Set<Stop> ordered = new LinkedHashSet<>();
        for (Stop stop : byContent.values()) {
            ordered.addAll(stop.set == null ? List.of(stop) : bySet.getOrDefault(stop.set, List.of()));
        }
        return List.copyOf(ordered);
    }

    /**
     * The set of each disk that is in one only.
     *
     * @param sets names of disks by the set's own name
     * @return names of sets by that of the disk
     */
    public static Map<String, String> soleSets(Map<String, List<String>> sets) {
        Map<String, String> sole = new HashMap<>();
        Set<String> ofMany = new HashSet<>();
        sets.forEach((set, names) -> Set.copyOf(names).forEach(name -> {
            if (sole.put(name, set) != null) {
                ofMany.add(name);
            }
        }));
        sole.keySet().removeAll(ofMany);
        return sole;
    }

    private void go(Stop to, int toNumber) throws IOException {
        nextNumber = toNumber;
        stop = to;
        for (int i = 0; i < Math.max(here.size(), to.disks.size()); i++) {
            steps.step(i < here.size() ? here.get(i) : null, i < to.disks.size() ? to.disks.get(i) : null);
        }
        here = to.disks;
        number = toNumber == RECYCLED ? 0 : toNumber;
        to.usage = new Usage(blocks * store.properties().chunkSizeBytes(), 0, storedBytes, lost);
    }

    private final class Counting implements ContentSteps.Visitor {
        @Override
        public void come(ChunkKey key) {
            pace.spent(ENTRY_BYTES);
            blocks++;
            int row = table.find(key.domain(), key.id());
            if (row < 0) {
                lost++;
                problem("chunk " + key + " is missing");
            } else if (table.come(row, nextNumber)) {
                storedBytes += table.bytes(row);
            }
        }

        @Override
        public void gone(ChunkKey key) {
            blocks--;
            int row = table.find(key.domain(), key.id());
            if (row < 0) {
                lost--;
            } else if (table.gone(row, number)) {
                storedBytes -= table.bytes(row);
            }
        }

        @Override
        public void unreadable(int more, @Nullable IOException problem) {
            lost += more;
            if (problem != null) {
                problem(String.valueOf(problem.getMessage()));
            }
        }
    }

    private void problem(String what) {
        if (problems.size() < MAX_PROBLEMS && nextNumber > 0) {
            problems.add(stop.names.get(0) + ": " + what);
        }
    }

    private Result sum(List<Stop> stops, Map<String, Stop> wholes) {
        Sums sums = new Sums(stops, wholes);
        table.visit(sums);
        Map<String, Usage> uses = new HashMap<>();
        wholes.forEach((name, stop) -> uses.put(name, with(stop.usage, stop.uniqueBytes)));
        for (Stop each : stops) {
            boolean isAlone = each.names.size() == 1;
            each.names.forEach(name -> uses.put(name, with(each.usage, isAlone ? each.uniqueBytes : 0)));
        }
        return new Result(
                uses, sums.allBytes, sums.sharedBytes, sums.recycledBytes, sums.unneededBytes, List.copyOf(problems));
    }

    private static Usage with(Usage all, long uniqueBytes) {
        return new Usage(all.dataBytes(), uniqueBytes, all.sharedBytes() - uniqueBytes, all.lost());
    }

    /** Adds rows up. */
    private static final class Sums implements ChunkTable.RowVisitor {
        private final List<Stop> stops;
        private final Map<String, Stop> wholes;
        private long allBytes;
        private long sharedBytes;
        private long recycledBytes;
        private long unneededBytes;

        Sums(List<Stop> stops, Map<String, Stop> wholes) {
            this.stops = stops;
            this.wholes = wholes;
        }

        @Override
        public void row(int bytes, int firstDisk, int lastDisk) {
            allBytes += bytes;
            if (firstDisk == 0 || firstDisk == RECYCLED) {
                unneededBytes += firstDisk == 0 ? bytes : 0;
                recycledBytes += firstDisk == 0 ? 0 : bytes;
                return;
            }
            Stop first = stops.get(firstDisk - 1);
            if (firstDisk == lastDisk) {
                first.uniqueBytes += bytes;
            }
            sharedBytes += firstDisk == lastDisk && first.names.size() == 1 ? 0 : bytes;
            String set = first.set;
            Stop whole = set == null ? null : wholes.get(set);
            if (whole != null && Objects.equals(set, stops.get(lastDisk - 1).set)) {
                whole.uniqueBytes += bytes;
            }
        }
    }
}
