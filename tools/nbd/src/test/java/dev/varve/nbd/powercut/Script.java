package dev.varve.nbd.powercut;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** Makes up the next commands of a workload, for things that are there. */
final class Script {
    private static final int MANY = 6;
    private static final int MAX_WRITE_PAGES = 64;

    private final Workload workload;
    private final World world;
    private final Random random;
    private long count;

    /** Ids and stamps are unlike those of other seeds. */
    Script(Workload workload, World world, long seed) {
        this.workload = workload;
        this.world = world;
        random = new Random(seed);
        count = (seed & 0xffffffffL) << 20;
    }

    /** Opens the store, or makes one with a little in it. */
    List<List<String>> beginning() {
        List<List<String>> all = new ArrayList<>();
        if (!world.isCreated()) {
            all.add(List.of("create"));
            all.add(List.of(newImport(0)));
        } else {
            all.add(List.of("open"));
            ids(World.VOLUME).forEach(volume -> all.add(List.of("sum " + volume)));
        }
        if (!has(World.VOLUME)) {
            all.add(List.of("volume " + id(World.VOLUME) + " -"));
        }
        return all;
    }

    /** Commands that are to be carried out beside each other. */
    List<String> next() {
        List<Workload.Op> ops = workload.ops();
        return commands(ops.get(random.nextInt(ops.size())));
    }

    private List<String> commands(Workload.Op op) {
        return switch (op) {
            case IMPORT ->
                world.there(World.IMAGE).size() < MANY ? List.of(newImport(random.nextInt(MANY))) : deleteImage();
            case TWINS -> twins();
            case VOLUME -> newVolume();
            case WRITE, FUA -> List.of(write(op == Workload.Op.FUA ? "fua" : "write"));
            case ZERO, TRIM -> List.of(zero(op == Workload.Op.ZERO ? "zero" : "trim"));
            case FLUSH -> List.of("flush " + any(World.VOLUME));
            case LAUNCH -> launch();
            case TERMINATE -> has(World.INSTANCE) ? List.of("terminate " + any(World.INSTANCE)) : launch();
            case SNAPSHOT -> List.of(snapshot(List.of(any(World.VOLUME))));
            case SET -> List.of(snapshot(ids(World.VOLUME)));
            case SETTLE -> has(World.SNAPSHOT) ? List.of("settle " + any(World.SNAPSHOT)) : List.of();
            case DELETE_VOLUME -> deleteVolume();
            case DELETE_SNAPSHOT -> deleteSnapshot();
            case DELETE_IMAGE -> deleteImage();
            case RESTORE -> restore();
            case COLLECT -> List.of("collect");
            case GROW -> List.of(grow(world.there(World.VOLUME)));
            case REOPEN -> List.of("reopen");
            case TOGETHER -> List.of(newImport(random.nextInt(MANY)), "collect", write("fua"));
        };
    }

    private String id(String prefix) {
        return prefix + String.format("%017x", count++);
    }

    private List<String> ids(String prefix) {
        return world.there(prefix).stream().map(thing -> thing.id).toList();
    }

    private boolean has(String prefix) {
        return !world.there(prefix).isEmpty();
    }

    private String any(String prefix) {
        List<String> ids = ids(prefix);
        return ids.get(random.nextInt(ids.size()));
    }

    private String newImport(int number) {
        int blocks = 1 + number % 5 + DiskStates.PAGES / Stamps.BLOCK_PAGES;
        return "import " + id(World.IMAGE) + " " + id(World.SNAPSHOT) + " " + number + " " + blocks;
    }

    private List<String> twins() {
        int number = MANY + random.nextInt(1000); // new to the store
        List<String> all = new ArrayList<>();
        for (int i = 2 + random.nextInt(2); i > 0; i--) {
            all.add(newImport(number));
        }
        return all;
    }

    private List<String> newVolume() {
        if (world.there(World.VOLUME).size() >= MANY) {
            return deleteVolume();
        }
        boolean blank = !has(World.SNAPSHOT) || random.nextInt(3) == 0;
        return List.of("volume " + id(World.VOLUME) + " " + (blank ? "-" : any(World.SNAPSHOT)));
    }

    private List<String> launch() {
        if (!has(World.IMAGE)) {
            return List.of(newImport(random.nextInt(MANY)));
        }
        if (world.there(World.VOLUME).size() >= 2 * MANY && has(World.INSTANCE)) {
            return List.of("terminate " + any(World.INSTANCE));
        }
        StringBuilder launch = new StringBuilder("launch " + any(World.IMAGE));
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            launch.append(' ').append(id(World.INSTANCE));
        }
        return List.of(launch.toString());
    }

    private String write(String how) {
        int most = random.nextInt(4) == 0 ? MAX_WRITE_PAGES : 4;
        return how + " " + any(World.VOLUME) + " " + range(1 + random.nextInt(most)) + " " + (2 + count++);
    }

    private String zero(String how) {
        return how + " " + any(World.VOLUME) + " " + range(1 + random.nextInt(MAX_WRITE_PAGES));
    }

    private String range(int pages) {
        return random.nextInt(DiskStates.PAGES - pages + 1) + " " + pages;
    }

    private String snapshot(List<String> volumes) {
        return volumes.stream()
                .limit(MANY)
                .map(volume -> id(World.SNAPSHOT) + "=" + volume)
                .collect(Collectors.joining(" ", "snapshot ", ""));
    }

    /** One volume stays, and those of instances go with them. */
    private List<String> deleteVolume() {
        List<String> free = world.there(World.VOLUME).stream()
                .filter(volume -> volume.owner.isEmpty())
                .map(volume -> volume.id)
                .toList();
        return free.size() < 2 ? List.of() : List.of("delete " + free.get(random.nextInt(free.size())));
    }

    /** One that no image needs. */
    private List<String> deleteSnapshot() {
        List<String> needed = world.all(World.IMAGE).stream()
                .filter(image -> image.presence != World.Presence.GONE)
                .map(image -> image.owner)
                .toList();
        List<String> free =
                ids(World.SNAPSHOT).stream().filter(id -> !needed.contains(id)).toList();
        return free.isEmpty() ? deleteImage() : List.of("delete " + free.get(random.nextInt(free.size())));
    }

    private List<String> deleteImage() {
        return has(World.IMAGE) ? List.of("delete " + any(World.IMAGE)) : List.of(newImport(random.nextInt(MANY)));
    }

    /** An image only when it does not bring its snapshot back as well. */
    private List<String> restore() {
        List<String> snapshots = ids(World.SNAPSHOT);
        List<String> bin = world.all("").stream()
                .filter(thing -> thing.isInBin && thing.presence == World.Presence.GONE)
                .filter(thing -> !thing.is(World.IMAGE) || snapshots.contains(thing.owner))
                .map(thing -> thing.id)
                .toList();
        return bin.isEmpty() ? List.of() : List.of("restore " + bin.get(random.nextInt(bin.size())));
    }

    private String grow(List<World.Thing> volumes) {
        World.Thing volume = volumes.get(random.nextInt(volumes.size()));
        return "grow " + volume.id + " " + (volume.sizeGib + 1);
    }
}
