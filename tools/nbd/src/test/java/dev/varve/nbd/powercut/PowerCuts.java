package dev.varve.nbd.powercut;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the power of stores at work, and of stores that recover from a cut, until so many states have been looked at. As a
 * program: a file system, a workload, how many states, a seed, and an empty folder.
 */
final class PowerCuts {
    /** States of a record and of the recovery from one of them. */
    private static final int STATES = 20;

    private final Path work;
    private final @Nullable Path kept;
    private int states;
    private long millis;

    /**
     * Cuts.
     *
     * @param kept where a state is kept in which something is broken, if anywhere
     */
    PowerCuts(Path work, @Nullable Path kept) {
        this.work = work;
        this.kept = kept;
    }

    public static void main(String[] args) throws IOException {
        PowerCuts cuts = new PowerCuts(Path.of(args[4]), null);
        try {
            cuts.run(
                    FileSystem.valueOf(args[0]),
                    Workload.valueOf(args[1]),
                    Integer.parseInt(args[2]),
                    Long.parseLong(args[3]));
            System.out.println("passed: " + cuts);
        } catch (BrokenPromise e) {
            System.out.println("broken: after " + cuts + ": " + e.getMessage());
        }
        System.exit(0);
    }

    @Override
    public String toString() {
        return states + " states in " + millis + " ms";
    }

    /** Records and cuts until there were so many states; a promise that does not hold is thrown. */
    void run(FileSystem kind, Workload workload, int count, long seed) throws IOException {
        Random random = new Random(seed);
        for (int left = count; left > 0; left -= STATES) {
            int some = Math.min(left, STATES);
            Recording recording = Recording.ofNew(kind, workload, random.nextInt(), work);
            Recording.State last = look(recording, some - some * 2 / 5, random);
            if (some > 1) {
                look(recording.after(last, random.nextInt(), work), some * 2 / 5, random);
            }
        }
    }

    /** Looks at some states; the last of them. */
    private Recording.State look(Recording recording, int count, Random random) throws IOException {
        Recording.State state = recording.cut(random);
        look(recording, state);
        for (int i = 1; i < count; i++) {
            state = recording.cut(random);
            look(recording, state);
        }
        return state;
    }

    /** Looks at a state; one in which something is broken is kept. */
    void look(Recording recording, Recording.State state) throws IOException {
        String what = recording.fileSystem() + ", " + recording.workload() + ", cut after event " + state.position();
        try {
            look(recording.fileSystem(), recording.workload(), state);
        } catch (BrokenPromise e) {
            throw new BrokenPromise(what + ": " + e.getMessage() + keep(recording, state), e);
        }
    }

    private void look(FileSystem kind, Workload workload, Recording.State state) throws IOException {
        long began = System.nanoTime();
        states++;
        try (StateMount mount = mount(kind, state.image())) {
            Inspection.run(World.after(state.known()), mount.folder().resolve(Recording.STORE), workload.logBytes());
        } finally {
            millis += TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
        }
    }

    private StateMount mount(FileSystem kind, PageImage image) throws IOException {
        try {
            return new StateMount(image, kind, work);
        } catch (IOException e) {
            throw new BrokenPromise("the file system fails: " + e.getMessage(), e);
        }
    }

    private String keep(Recording recording, Recording.State state) throws IOException {
        if (kept == null) {
            return "";
        }
        Path name = Files.createTempDirectory(Files.createDirectories(kept), "cut");
        state.image().save(name.resolve("image"));
        Files.writeString(name.resolve("kind"), recording.fileSystem() + " " + recording.workload());
        Files.writeString(name.resolve("journal"), Journal.text(state.known()));
        return "; to look again: -Dvarve.powercut=" + name.toAbsolutePath();
    }

    /** Looks at a state that was kept. */
    void lookAgain(Path name) throws IOException {
        List<String> kind = List.of(Files.readString(name.resolve("kind")).split(" ", -1));
        PageImage image = PageImage.load(name.resolve("image"));
        List<Journal.Entry> known = Journal.parse(Files.readString(name.resolve("journal")));
        look(FileSystem.valueOf(kind.get(0)), Workload.valueOf(kind.get(1)), new Recording.State(0, image, known));
    }
}
