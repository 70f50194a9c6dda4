package dev.varve.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.file.FaultyFiles.Call;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSyncTest {
    @TempDir
    private Path tmp;

    private FaultyFiles files;
    private FileIo io;
    private Path path;

    @BeforeEach
    void open() throws IOException {
        files = new FaultyFiles(1, tmp.resolve("graves"));
        io = new FileIo(files);
        path = tmp.resolve("file");
    }

    @AfterEach
    void closeIo() {
        io.close();
    }

    @Test
    void failedSyncIsFinal() throws IOException {
        try (PositionalFile file = io.open(path, Access.CREATE)) {
            file.write(ByteBuffer.allocate(10), 0);
            files.failWhen((call, name) -> call == Call.SYNC);
            assertThatIOException().isThrownBy(file::sync).withMessageContaining(path.toString());
            files.failNever();
            assertThatIOException().isThrownBy(file::sync).withMessageContaining("an earlier sync failed");
            assertThatExceptionOfType(CompletionException.class)
                    .isThrownBy(() -> file.syncAsync().join())
                    .withCauseInstanceOf(IOException.class);
        }
    }

    @Test
    void failureOfOneFileIsNotThatOfAnother() throws IOException {
        try (PositionalFile bad = io.open(path, Access.CREATE);
                PositionalFile good = io.open(tmp.resolve("good"), Access.CREATE)) {
            files.failWhen((call, name) -> call == Call.SYNC && name.equals(path));
            assertThatIOException().isThrownBy(bad::sync);
            good.sync();
        }
    }

    @Test
    void fileOpenForReadingHasNothingToSync() throws IOException {
        io.open(path, Access.CREATE).close();
        try (PositionalFile file = io.open(path, Access.READ)) {
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(file::sync);
        }
    }

    @Test
    void syncsAskedForDuringOneShareTheNext() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicInteger syncs = new AtomicInteger();
        files.failWhen((call, name) -> call == Call.SYNC && hold(first, goOn, syncs));
        try (PositionalFile file = io.open(path, Access.CREATE)) {
            List<CompletableFuture<Void>> requests = new ArrayList<>();
            requests.add(file.syncAsync());
            first.await();
            for (int i = 0; i < 10; i++) {
                requests.add(file.syncAsync());
            }
            assertThat(requests).noneMatch(CompletableFuture::isDone);
            goOn.countDown();
            requests.forEach(CompletableFuture::join);
            assertThat(syncs).hasValue(2);
        }
    }

    @Test
    void closeWaitsForTheSyncInProgressAndFailsThoseThatWait() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        files.failWhen((call, name) -> call == Call.SYNC && hold(first, goOn, new AtomicInteger()));
        PositionalFile file = io.open(path, Access.CREATE);
        CompletableFuture<Void> running = file.syncAsync();
        first.await();
        CompletableFuture<Void> waiting = file.syncAsync();
        Thread closer = new Thread(() -> {
            try {
                file.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        closer.start();
        while (closer.getState() != Thread.State.BLOCKED) {
            Thread.onSpinWait();
        }
        goOn.countDown();
        running.join();
        closer.join();
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(waiting::join)
                .withCauseInstanceOf(IllegalStateException.class);
        assertThatIllegalStateException().isThrownBy(file::sync);
    }

    @Test
    void asManySyncsRunAtATimeAsThereAreLanes() throws Exception {
        CyclicBarrier two = new CyclicBarrier(2);
        AtomicInteger syncs = new AtomicInteger();
        files.beforeSync = () -> {
            syncs.incrementAndGet();
            meet(two);
        };
        try (PositionalFile file = io.open(path, Access.CREATE, 2)) {
            for (int i = 0; i < 10; i++) {
                CompletableFuture<Void> one = file.syncAsync();
                while (syncs.get() <= 2 * i) {
                    Thread.onSpinWait();
                }
                CompletableFuture<Void> other = file.syncAsync();
                one.join();
                other.join();
            }
            assertThat(syncs).hasValue(20);
        }
    }

    @Test
    void eachSyncThatIsUnderWayIsToldOfAFailure() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        CountDownLatch failed = new CountDownLatch(1);
        AtomicInteger syncs = new AtomicInteger();
        files.beforeSync = () -> {
            boolean isFirst = syncs.incrementAndGet() == 1;
            both.countDown();
            await(isFirst ? both : failed);
        };
        files.failWhen((call, name) -> call == Call.SYNC);
        try (PositionalFile file = io.open(path, Access.CREATE, 2)) {
            file.write(ByteBuffer.allocate(10), 0);
            CompletableFuture<Void> one = file.syncAsync();
            while (syncs.get() < 1) {
                Thread.onSpinWait();
            }
            CompletableFuture<Void> other = file.syncAsync();
            assertThatExceptionOfType(CompletionException.class).isThrownBy(one::join);
            files.failNever();
            failed.countDown();
            assertThatExceptionOfType(CompletionException.class).isThrownBy(other::join);
            assertThatIOException().isThrownBy(file::sync).withMessageContaining("an earlier sync failed");
        }
    }

    /** A flush of the disk that fails is told to one only: the one that was asked for later must not have ended by then. */
    @Test
    void syncEndsAfterThoseThatBeganBefore() throws Exception {
        CountDownLatch first = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger syncs = new AtomicInteger();
        files.beforeSync = () -> {
            if (syncs.incrementAndGet() == 1) {
                first.countDown();
                await(go);
                throw new IllegalArgumentException("the disk was not flushed");
            }
        };
        try (PositionalFile file = io.open(path, Access.CREATE, 2)) {
            CompletableFuture<Void> one = file.syncAsync();
            await(first);
            CompletableFuture<Void> other = file.syncAsync();
            while (syncs.get() < 2) {
                Thread.onSpinWait();
            }
            assertThat(other).isNotDone();
            go.countDown();
            assertThatExceptionOfType(CompletionException.class).isThrownBy(one::join);
            assertThatExceptionOfType(CompletionException.class).isThrownBy(other::join);
        }
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean hold(CountDownLatch first, CountDownLatch goOn, AtomicInteger syncs) {
        syncs.incrementAndGet();
        first.countDown();
        try {
            goOn.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return false;
    }
}
