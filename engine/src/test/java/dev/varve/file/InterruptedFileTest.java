package dev.varve.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An interrupted caller harms nobody. */
class InterruptedFileTest {
    private static final int RECORD_BYTES = 8192;
    private static final int RECORDS = 64;
    private static final int WORKERS = 4;
    private static final int ROUNDS = Boolean.getBoolean("varve.long") ? 200_000 : 3_000;

    @TempDir
    private Path tmp;

    private final FileIo io = new FileIo();

    @AfterEach
    void closeIo() {
        io.close();
    }

    @Test
    void interruptedCallSucceedsAndKeepsItsFlag() throws IOException {
        try (PositionalFile file = io.open(tmp.resolve("file"), Access.CREATE)) {
            Thread.currentThread().interrupt();
            file.write(ByteBuffer.allocate(100), 0);
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
            file.readFully(ByteBuffer.allocate(100), 0);
            file.sync();
            file.truncate(50);
            assertThat(file.size()).isEqualTo(50);
            io.syncDirectory(tmp);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void callsMeetAChannelThatOthersBroke() throws Exception {
        try (PositionalFile file = io.open(tmp.resolve("file"), Access.CREATE)) {
            PositionalFileTest.breakChannel(file);
            file.write(ByteBuffer.allocate(100), 0);
            PositionalFileTest.breakChannel(file);
            assertThat(file.size()).isEqualTo(100);
            PositionalFileTest.breakChannel(file);
            file.readFully(ByteBuffer.allocate(100), 0);
            file.sync();
        }
    }

    /** Each worker writes and reads records of its own, and now and then reads all of somebody's; all are interrupted. */
    @Test
    void allBytesAreRightWhileEverybodyIsInterrupted() throws Exception {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicLong flagsSeen = new AtomicLong();
        try (PositionalFile file = io.open(tmp.resolve("file"), Access.CREATE)) {
            Object firstChannel = PositionalFileTest.channel(file);
            List<Thread> workers = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                int worker = i;
                Thread thread = new Thread(() -> {
                    try {
                        flagsSeen.addAndGet(work(file, worker));
                    } catch (Throwable e) {
                        failure.compareAndSet(null, e);
                    }
                });
                workers.add(thread);
                thread.start();
            }
            Random random = new Random(1);
            while (workers.stream().anyMatch(Thread::isAlive)) {
                workers.get(random.nextInt(WORKERS)).interrupt();
                LockSupport.parkNanos(random.nextInt(20_000));
            }
            for (Thread worker : workers) {
                worker.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(flagsSeen.get()).isPositive();
            assertThat(PositionalFileTest.channel(file)).isNotSameAs(firstChannel);
        }
    }

    private static long work(PositionalFile file, int worker) throws IOException {
        Random random = new Random(worker);
        ByteBuffer buffer =
                random.nextBoolean() ? ByteBuffer.allocate(RECORD_BYTES) : ByteBuffer.allocateDirect(RECORD_BYTES);
        int[] versions = new int[RECORDS];
        long flags = 0;
        for (int round = 1; round <= ROUNDS; round++) {
            int record = random.nextInt(RECORDS);
            long offset = (long) (worker * RECORDS + record) * RECORD_BYTES;
            if (random.nextBoolean()) {
                versions[record] = round;
                file.write(fill(buffer.clear(), worker, round), offset);
            } else if (versions[record] != 0) {
                file.readFully(buffer.clear(), offset);
                check(buffer.flip(), worker, versions[record]);
            }
            if (round % 500 == 0) {
                file.sync();
            }
            flags += Thread.interrupted() ? 1 : 0;
        }
        return flags;
    }

    private static ByteBuffer fill(ByteBuffer buffer, int worker, int version) {
        while (buffer.hasRemaining()) {
            buffer.putLong(word(worker, version, buffer.position()));
        }
        return buffer.flip();
    }

    private static void check(ByteBuffer buffer, int worker, int version) {
        while (buffer.hasRemaining()) {
            long expected = word(worker, version, buffer.position());
            long found = buffer.getLong();
            if (found != expected) {
                throw new AssertionError("expected " + expected + ", found " + found);
            }
        }
    }

    private static long word(int worker, int version, int position) {
        return ((long) worker << 56) ^ ((long) version << 24) ^ position;
    }
}
