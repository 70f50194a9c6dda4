package dev.varve.nbd.powercut;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a store has promised: what exists, what snapshots hold, and what volumes may hold. It follows a journal, command by
 * command:
 *
 * <pre>
 * create | open | reopen | close | settle | collect
 * import IMAGE SNAPSHOT NUMBER BLOCKS          volume VOLUME SNAPSHOT|-
 * launch IMAGE INSTANCE...     answers volumes terminate INSTANCE...
 * write | fua VOLUME PAGE COUNT STAMP          zero | trim VOLUME PAGE COUNT
 * flush VOLUME                                 grow VOLUME GIB
 * snapshot SNAPSHOT=VOLUME...                  delete | restore ID
 * sum VOLUME                   answers the hash code of its stamps, and its size
 * </pre>
 */
final class World {
    /** Whether something exists. What begins to be made or deleted may exist or not until that is answered. */
    enum Presence {
        MAYBE,
        THERE,
        GONE
    }

    /** A thing with an id; its prefix tells the kind. */
    static final class Thing {
        final String id;
        Presence presence = Presence.MAYBE;

        /** The command that makes it: what it makes comes at once, or not at all. */
        final String maker;

        boolean isBeingDeleted;

        /** Deleted, and no collection has emptied the bin since. */
        boolean isInBin;

        /** Of a snapshot. */
        long[] content = {};

        /** Of an image, its snapshot's; of a volume of an instance, the instance's. */
        String owner = "";

        /** Of a volume. */
        @Nullable
        DiskStates disk;

        long sizeGib = 1;
        long maybeGib = 1;

        private Thing(String id, String maker) {
            this.id = id;
            this.maker = maker;
        }

        boolean is(String prefix) {
            return id.startsWith(prefix);
        }

        DiskStates disk() {
            DiskStates states = disk;
            if (states == null) {
                throw new IllegalStateException(id + " is no volume");
            }
            return states;
        }
    }

    static final String IMAGE = "ami-";
    static final String SNAPSHOT = "snap-";
    static final String VOLUME = "vol-";
    static final String INSTANCE = "i-";

    private final Map<String, Thing> things = new LinkedHashMap<>();
    private boolean isCreated;

    static World after(List<Journal.Entry> entries) {
        World world = new World();
        entries.forEach(world::follow);
        return world;
    }

    /** Whether there has to be a store. */
    boolean isCreated() {
        return isCreated;
    }

    List<Thing> all(String prefix) {
        return things.values().stream().filter(thing -> thing.is(prefix)).toList();
    }

    /** What is known to exist. */
    List<Thing> there(String prefix) {
        return all(prefix).stream()
                .filter(thing -> thing.presence == Presence.THERE)
                .toList();
    }

    private Thing get(String id) {
        Thing thing = things.get(id);
        if (thing == null) {
            throw new IllegalArgumentException("never heard of " + id);
        }
        return thing;
    }

    private Thing make(String id, String maker) {
        return things.computeIfAbsent(id, key -> new Thing(key, maker));
    }

    void follow(Journal.Entry entry) {
        String[] words = entry.command().split(" ", -1);
        if (entry.isAnswer()) {
            answered(words, entry);
        } else {
            begun(words, entry.command());
        }
    }

    private void begun(String[] words, String command) {
        switch (words[0]) {
            case "import" -> {
                make(words[1], command).owner = words[2];
                make(words[2], command).content = Stamps.ofImage(Long.parseLong(words[3]), Integer.parseInt(words[4]));
            }
            case "volume" -> newVolume(make(words[1], command), words[2].equals("-") ? null : get(words[2]));
            case "launch" -> rest(words, 2).forEach(id -> make(id, command).owner = words[1]);
            case "write", "fua" -> disk(words[1]).write(number(words, 2), number(words, 3), Long.parseLong(words[4]));
            case "zero", "trim" -> disk(words[1]).write(number(words, 2), number(words, 3), 0);
            case "grow" -> get(words[1]).maybeGib = number(words, 2);
            case "snapshot" -> {
                for (String pair : rest(words, 1)) {
                    String[] names = pair.split("=", -1);
                    Thing volume = get(names[1]);
                    Thing snapshot = make(names[0], command);
                    snapshot.content = volume.disk().current();
                    snapshot.sizeGib = volume.sizeGib;
                    snapshot.owner = volume.id;
                }
            }
            case "delete", "terminate" -> rest(words, 1).forEach(id -> doomed(get(id), Presence.MAYBE));
            case "restore" -> get(words[1]).presence = Presence.MAYBE;
            case "collect" -> all("").forEach(thing -> thing.isInBin = false);
            default -> {} // the rest promises nothing before its answer
        }
    }

    private static void newVolume(Thing volume, @Nullable Thing snapshot) {
        volume.disk = new DiskStates(snapshot == null ? new long[0] : snapshot.content);
        volume.sizeGib = snapshot == null ? 1 : snapshot.sizeGib;
        volume.maybeGib = volume.sizeGib;
    }

    private void doomed(Thing thing, Presence presence) {
        thing.isBeingDeleted = true;
        thing.presence = presence;
        for (Thing volume : all(VOLUME)) {
            if (volume.owner.equals(thing.id)) {
                doomed(volume, presence);
            }
        }
    }

    /** A volume's writes are flushed before. */
    private void deleted(Thing thing) {
        doomed(thing, Presence.GONE);
        thing.isInBin = true;
        if (thing.disk != null) {
            thing.disk.flushed();
        }
    }

    private void answered(String[] words, Journal.Entry entry) {
        switch (words[0]) {
            case "create" -> isCreated = true;
            case "import", "volume" -> made(entry.command());
            case "snapshot" -> {
                made(entry.command());
                rest(words, 1).forEach(pair -> disk(pair.split("=", -1)[1]).flushed());
            }
            case "launch" -> {
                made(entry.command());
                launched(words, entry.answer().split(" ", -1));
            }
            case "fua", "flush" -> disk(words[1]).flushed();
            case "grow" -> get(words[1]).sizeGib = number(words, 2);
            case "terminate" -> rest(words, 1).forEach(id -> doomed(get(id), Presence.GONE));
            case "delete" -> deleted(get(words[1]));
            case "restore" -> get(words[1]).presence = Presence.THERE;
            case "reopen", "close" ->
                there(VOLUME).forEach(volume -> volume.disk().flushed());
            case "sum" -> cameBack(get(words[1]), entry.answer().split(" ", -1));
            default -> {} // it only takes time
        }
    }

    private void made(String command) {
        for (Thing thing : things.values()) {
            if (thing.maker.equals(command)) {
                thing.presence = Presence.THERE;
            }
        }
    }

    private void launched(String[] words, String[] volumes) {
        long[] content = get(get(words[1]).owner).content;
        for (int i = 0; i < volumes.length; i++) {
            Thing volume = make(volumes[i], words[2]);
            volume.disk = new DiskStates(content);
            volume.owner = words[2 + i];
            volume.presence = Presence.THERE;
        }
    }

    private static void cameBack(Thing volume, String[] answer) {
        volume.disk().cameBackAs(Integer.parseInt(answer[0]), volume.id);
        volume.sizeGib = Long.parseLong(answer[1]);
        volume.maybeGib = volume.sizeGib;
    }

    private DiskStates disk(String volume) {
        return get(volume).disk();
    }

    private static int number(String[] words, int index) {
        return Integer.parseInt(words[index]);
    }

    private static List<String> rest(String[] words, int from) {
        return new ArrayList<>(Arrays.asList(words).subList(from, words.length));
    }
}
