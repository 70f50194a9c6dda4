package dev.varve.nbd.powercut;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * What a disk was told while a workload ran on it, and what was promised meanwhile.
 *
 * @param base what the disk held before
 * @param firstPosition before which nothing of interest happened
 */
record Recording(
        FileSystem fileSystem,
        Workload workload,
        PageImage base,
        List<DeviceEvent> events,
        Journal journal,
        int firstPosition) {
    static final String STORE = "store";
    private static final int STEPS = 30;

    /** Beside so many steps, in every other record, the system writes all that it would have kept for long. */
    private static final int SYNCS = 10;

    /** A state of the disk after a cut, and all that is known of the store then. */
    record State(int position, PageImage image, List<Journal.Entry> known) {}

    /** Makes a store on a new file system, and works. */
    static Recording ofNew(FileSystem kind, Workload workload, long seed, Path work) throws IOException {
        return record(kind, workload, kind.make(work), List.of(), seed, work);
    }

    /** Goes on where a cut has left a disk: the file system and the store recover on record. */
    Recording after(State cut, long seed, Path work) throws IOException {
        return record(fileSystem, workload, cut.image, cut.known, seed, work);
    }

    private static Recording record(
            FileSystem kind, Workload workload, PageImage base, List<Journal.Entry> before, long seed, Path work)
            throws IOException {
        RecordingDisk disk = new RecordingDisk(base);
        Journal journal = new Journal(before);
        World world = World.after(before);
        Path folder = Files.createTempDirectory(work, "recording");
        try (RecordedMount mount = new RecordedMount(disk, kind, folder);
                StoreClient store =
                        new StoreClient(disk, journal, world, mount.folder().resolve(STORE), workload.logBytes())) {
            int first = before.isEmpty() ? disk.position() : 0;
            Script script = new Script(workload, world, seed);
            for (List<String> commands : script.beginning()) {
                store.run(commands);
            }
            Random random = new Random(seed);
            int syncs = random.nextInt(2) * SYNCS;
            for (int i = 0; i < STEPS; i++) {
                boolean beside = random.nextInt(STEPS) < syncs;
                Process sync = beside
                        ? Tool.start("sync", "--file-system", mount.folder().toString())
                        : null;
                store.run(script.next());
                if (sync != null) {
                    Tool.await(sync, "sync");
                }
            }
            return new Recording(kind, workload, base, disk.events(), journal, first);
        }
    }

    /** A state after a cut: right after an answer, right before a flush, or anywhere. */
    State cut(Random random) {
        List<Integer> answers = journal.answers();
        int anywhere = firstPosition + random.nextInt(events.size() - firstPosition + 1);
        int position = switch (random.nextInt(3)) {
            case 0 -> answers.get(random.nextInt(answers.size()));
            case 1 -> nextFlush(anywhere);
            default -> anywhere;
        };
        return new State(
                position,
                PowerCut.state(base, events, position, fileSystem.wholeBytes, random),
                journal.until(position));
    }

    private int nextFlush(int from) {
        int position = from;
        while (position < events.size() && !(events.get(position) instanceof DeviceEvent.Flush)) {
            position++;
        }
        return position;
    }

    /** The same of a disk that says that it has flushed and never does. */
    Recording withoutFlushes() {
        List<DeviceEvent> lies = events.stream()
                .map(event -> event instanceof DeviceEvent.Flush ? new DeviceEvent.Write(0, 0, null) : event)
                .toList();
        return new Recording(fileSystem, workload, base, lies, journal, firstPosition);
    }
}
