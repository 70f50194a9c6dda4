package dev.varve.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * File calls that fail when a test says so, and that know what a loss of power may take back.
 *
 * <pre>{@code
 * FaultyFiles files = new FaultyFiles(seed, tmp.resolve("graves"));
 * for (long n = 0; ; n++) {                  // fail at change 0, 1, 2 ... until nothing fails any more
 *     files.stopAt(n);
 *     work(new FileIo(files));               // may throw
 *     boolean hit = files.hit();
 *     files.losePower();                     // or killProcess(): what was written then stays
 *     verify(new FileIo(files));
 *     if (!hit) break;
 * }
 * }</pre>
 *
 * <ul>
 *   <li>A <b>change</b> is any call but a read. One that fails is not made, but a write that fails is torn: a part of it is
 *       made.
 *   <li><b>Loss of power.</b> Every 512 bytes of a file that were written since its last good sync come back as they are or
 *       as any of the states they had since; so does the length. Of the changes to a directory since its last sync, the
 *       last few are undone. What a failed sync should have made durable never is, unless it is written again.
 *   <li>Syncs are only remembered, not carried out: tests of crashes are fast.
 *   <li>After {@link #losePower} or {@link #killProcess} what was open before is dead for good.
 * </ul>
 */
public final class FaultyFiles implements FileCalls {
    /** What a call does. */
    public enum Call {
        READ,
        CREATE,
        WRITE,
        TRUNCATE,
        SYNC,
        RENAME,
        DELETE,
        CREATE_DIRECTORY,
        SYNC_DIRECTORY
    }

    /** What one call can do instead of what it was to do. */
    public enum Fault {
        /** A bad sector, a lost cable: any call, reads and syncs too. */
        IO_ERROR(Set.of(Call.values()), "Input/output error"),
        /** A full disk: a call that may take room. */
        NO_SPACE(
                Set.of(Call.CREATE, Call.WRITE, Call.RENAME, Call.CREATE_DIRECTORY, Call.SYNC, Call.SYNC_DIRECTORY),
                "No space left on device"),
        /** Part of a read or a write is done, and the caller told how much: no error. */
        SHORT(Set.of(Call.READ, Call.WRITE), "");

        @SuppressWarnings("ImmutableEnumChecker") // Set.of makes sets that stay as they are
        private final Set<Call> calls;

        private final String words;

        Fault(Set<Call> calls, String words) {
            this.calls = calls;
            this.words = words;
        }
    }

    private interface Undo {
        void run() throws IOException;
    }

    private static final int BLOCK_BYTES = 4096;

    private final Path graves;
    private final Random random;

    @GuardedBy("this")
    private final Map<Object, UnsyncedFile> unsynced = new LinkedHashMap<>(); // so that a seed loses the same again

    @GuardedBy("this")
    private final Map<Path, Deque<Undo>> unsyncedNames = new LinkedHashMap<>();

    @GuardedBy("this")
    private long changes;

    @GuardedBy("this")
    private long failAt = Long.MAX_VALUE;

    @GuardedBy("this")
    private long stopAt = Long.MAX_VALUE;

    @GuardedBy("this")
    private BiPredicate<Call, Path> failWhen = FaultyFiles::never;

    /** What happens to one call that it can happen to, after so many others. */
    @GuardedBy("this")
    private Fault fault = Fault.IO_ERROR;

    @GuardedBy("this")
    private long callsBefore = Long.MAX_VALUE;

    @GuardedBy("this")
    private String why = "";

    @GuardedBy("this")
    private @Nullable Path badFile;

    @GuardedBy("this")
    private long badBlock;

    @GuardedBy("this")
    private boolean hit;

    @GuardedBy("this")
    private boolean stopped;

    @GuardedBy("this")
    private int life;

    @GuardedBy("this")
    private int graveCount;

    /**
     * Calls that do not fail yet.
     *
     * @param seed of what is torn and what is lost
     * @param graves a directory of the same file system, made here, that keeps what was deleted
     */
    public FaultyFiles(long seed, Path graves) throws IOException {
        this.random = new Random(seed);
        this.graves = Files.createDirectories(graves);
    }

    /** How many changes were made or failed since the last restart. */
    public synchronized long changes() {
        return changes;
    }

    /** Lets one change fail: 0 is the next one. */
    public synchronized void failAt(long change) {
        failAt = changes + change;
        hit = false;
    }

    /** Lets one change fail, and every call after it, reads too: 0 is the next one. */
    public synchronized void stopAt(long change) {
        stopAt = changes + change;
        hit = false;
    }

    /** Lets something happen to one of the calls that it can happen to, reads too: 0 is the next one. */
    public synchronized void faultAt(long call, Fault itsFault) {
        fault = itsFault;
        callsBefore = call;
        hit = false;
    }

    /** Lets all those calls fail that a test picks; asked for every call. */
    public synchronized void failWhen(BiPredicate<Call, Path> picks) {
        failWhen("", picks);
    }

    /** The same, with what the system would say. */
    public synchronized void failWhen(String itsWords, BiPredicate<Call, Path> picks) {
        failWhen = picks;
        why = itsWords;
        hit = false;
    }

    /** Lets nothing fail any more. */
    public synchronized void failNever() {
        failWhen = FaultyFiles::never;
        failAt = Long.MAX_VALUE;
        stopAt = Long.MAX_VALUE;
        callsBefore = Long.MAX_VALUE;
    }

    /** Whether a call has failed since faults were last asked for. */
    public synchronized boolean hit() {
        return hit;
    }

    /** Lets every call fail from now on, reads too: no change is begun any more. */
    public synchronized void stop() {
        stopped = true;
        hit = true;
    }

    /** Whether everything fails since {@link #stopAt} or {@link #stop}. */
    public synchronized boolean hasStopped() {
        return stopped;
    }

    /** Ends the process: what is open is dead, what was written stays. Nothing fails afterwards. */
    public synchronized void killProcess() {
        failNever();
        stopped = false;
        changes = 0;
        life++;
    }

    /** Cuts the power: like {@link #killProcess}, and what was not synced may be lost. */
    public synchronized void losePower() throws IOException {
        killProcess();
        for (UnsyncedFile file : unsynced.values()) {
            file.lose(random);
        }
        for (Deque<Undo> names : unsyncedNames.values()) {
            for (int lost = random.nextInt(names.size() + 1); lost > 0; lost--) {
                names.pop().run();
            }
        }
        unsynced.clear();
        unsyncedNames.clear();
    }

    @Override
    public FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException {
        beforeRead.run();
        return openNow(file, options);
    }

    private synchronized FileChannel openNow(Path file, Set<? extends OpenOption> options) throws IOException {
        boolean creates = options.contains(StandardOpenOption.CREATE_NEW)
                || (options.contains(StandardOpenOption.CREATE) && !Files.exists(file));
        before(creates ? Call.CREATE : Call.READ, file);
        FileChannel channel = FileChannel.open(file, options);
        if (creates) {
            remember(file, () -> Files.deleteIfExists(file));
        }
        return new FaultyChannel(this, channel, file, life, failures(file));
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        before(Call.RENAME, from);
        Path replaced = Files.exists(to) ? bury(to) : null;
        SystemFileCalls.INSTANCE.rename(from, to);
        moved(to, to);
        remember(to, () -> {
            SystemFileCalls.INSTANCE.rename(to, from);
            if (replaced != null) {
                SystemFileCalls.INSTANCE.rename(replaced, to);
            }
        });
    }

    @Override
    public synchronized void delete(Path path) throws IOException {
        before(Call.DELETE, path);
        if (Files.isDirectory(path)) {
            Files.delete(path);
            unsyncedNames.remove(path.toAbsolutePath().normalize()); // it comes back empty, if it does
            remember(path, () -> Files.createDirectory(path));
        } else {
            Path grave = bury(path);
            Files.delete(path);
            remember(path, () -> SystemFileCalls.INSTANCE.rename(grave, path));
        }
    }

    @Override
    public synchronized void createDirectory(Path directory) throws IOException {
        before(Call.CREATE_DIRECTORY, directory);
        Files.createDirectory(directory);
        remember(directory, () -> FileTree.delete(directory));
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        before(Call.SYNC_DIRECTORY, directory);
        if (!Files.isDirectory(directory)) {
            throw new NoSuchFileException(directory.toString());
        }
        unsyncedNames.remove(directory.toAbsolutePath().normalize());
    }

    synchronized void read(Path file, int itsLife) throws IOException {
        requireLife(file, itsLife);
        before(Call.READ, file);
    }

    /** Lets a block of 4 KiB of a file be unreadable, and unwritable but as a whole, which makes it good again. */
    public synchronized void goBad(Path file, long blockOffset) {
        badFile = file;
        badBlock = blockOffset;
    }

    synchronized void requireGood(Path file, long offset, int length, boolean isWrite) throws IOException {
        if (file.equals(badFile) && offset < badBlock + BLOCK_BYTES && offset + length > badBlock) {
            if (!isWrite || offset > badBlock || offset + length < badBlock + BLOCK_BYTES) {
                throw new IOException("injected: bad sector of " + file);
            }
            badFile = null;
        }
    }

    /** How many bytes are read at most. */
    synchronized int read(Path file, int itsLife, int length) throws IOException {
        read(file, itsLife);
        return part(Call.READ, length);
    }

    synchronized int write(FileChannel channel, Path file, int itsLife, ByteBuffer src, long offset)
            throws IOException {
        requireLife(file, itsLife);
        requireRunning(Call.WRITE, file); // who closes what, and when, changes nothing any more
        requireGood(file, offset, src.remaining(), true);
        UnsyncedFile history = history(file);
        history.beforeWrite(channel, offset, src.remaining());
        try {
            before(Call.WRITE, file);
        } catch (IOException e) {
            int part = random.nextInt(src.remaining() + 1);
            channel.write(src.slice().limit(part), offset);
            throw e;
        }
        int part = part(Call.WRITE, src.remaining());
        int written = channel.write(src.slice().limit(part), offset);
        src.position(src.position() + written);
        return written;
    }

    synchronized void truncate(FileChannel channel, Path file, int itsLife, long size) throws IOException {
        requireLife(file, itsLife);
        before(Call.TRUNCATE, file);
        long now = channel.size();
        if (size < now) {
            history(file).beforeTruncate(channel, size, (int) Math.min(now - size, Integer.MAX_VALUE));
            channel.truncate(size);
        }
    }

    /** What a test does on the thread that opens or reads a file, before it does, while others go on. */
    public volatile Runnable beforeRead = () -> {};

    /** What a test does on the thread that syncs, before it does, while others go on. */
    public volatile Runnable beforeSync = () -> {};

    /** Syncs of a file that have failed: each channel that was open then is told once. */
    synchronized int failures(Path file) throws IOException {
        UnsyncedFile history = Files.exists(file) ? unsynced.get(fileKey(file)) : null;
        return history == null ? 0 : history.failures;
    }

    synchronized void sync(Path file, int itsLife) throws IOException {
        requireLife(file, itsLife);
        requireRunning(Call.SYNC, file); // a process that is dead asks for none
        try {
            before(Call.SYNC, file);
        } catch (IOException e) {
            history(file).poison();
            throw e;
        }
        history(file).synced();
    }

    @GuardedBy("this")
    private void before(Call call, Path path) throws IOException {
        requireRunning(call, path);
        long change = changes;
        if (call != Call.READ) {
            changes++;
            stopped = change == stopAt;
            if (stopped || change == failAt) {
                hit = true;
                throw new IOException("injected at change " + change + ": " + call + " of " + path);
            }
        }
        if (fault != Fault.SHORT && isTurn(call)) {
            throw new IOException("injected: " + call + " of " + path + ": " + fault.words);
        }
        if (failWhen.test(call, path)) {
            hit = true;
            throw new IOException("injected: " + call + " of " + path + ": " + why);
        }
    }

    /** Whether it is this call's turn to fail. */
    @GuardedBy("this")
    private boolean isTurn(Call call) {
        boolean isTurn = fault.calls.contains(call) && callsBefore-- == 0;
        hit |= isTurn;
        return isTurn;
    }

    /** How much of a read or a write is done. */
    @GuardedBy("this")
    private int part(Call call, int length) {
        return fault == Fault.SHORT && length > 1 && isTurn(call) ? 1 + random.nextInt(length - 1) : length;
    }

    @GuardedBy("this")
    private void requireRunning(Call call, Path path) throws IOException {
        if (stopped) {
            throw new IOException("the process has stopped: " + call + " of " + path);
        }
    }

    @GuardedBy("this")
    private void requireLife(Path file, int itsLife) throws IOException {
        if (itsLife != life) {
            throw new IOException("opened by a process that is dead: " + file);
        }
    }

    @GuardedBy("this")
    private void remember(Path path, Undo undo) {
        Path directory = path.toAbsolutePath().normalize().getParent();
        unsyncedNames.computeIfAbsent(directory, unused -> new ArrayDeque<>()).push(undo);
    }

    /** Keeps a file's content under another name, so that the file can come back with what it would have then. */
    @GuardedBy("this")
    private Path bury(Path file) throws IOException {
        Path grave = graves.resolve(Integer.toString(graveCount++));
        Files.createLink(grave, file);
        moved(file, grave);
        return grave;
    }

    @GuardedBy("this")
    private void moved(Path file, Path to) throws IOException {
        UnsyncedFile history = unsynced.get(fileKey(file));
        if (history != null) {
            history.path = to;
        }
    }

    @GuardedBy("this")
    private UnsyncedFile history(Path file) throws IOException {
        return unsynced.computeIfAbsent(fileKey(file), unused -> new UnsyncedFile(file));
    }

    private static boolean never(Call call, Path path) {
        return false;
    }

    private static Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }
}
