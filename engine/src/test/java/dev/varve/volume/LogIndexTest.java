package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A log beside the release of its layers, and what its index and segments take. */
@Timeout(120)
class LogIndexTest extends VolumeFixture {
    private static final LogState.Start FIRST = LogState.Start.FIRST;

    private static ByteBuffer page(int value) {
        ByteBuffer page = ByteBuffer.allocateDirect(Pages.BYTES);
        while (page.hasRemaining()) {
            page.put((byte) value);
        }
        return page.flip();
    }

    /** The place is that of the rebuilt table, the table is the old one. */
    @Test
    void forgettingLooksIntoTheTableItHasRebuilt() {
        List<String> wrong = new ArrayList<>();
        for (int first = 0; first < 64; first++) {
            PageIndex index = new PageIndex();
            for (int i = first; i < first + 12; i++) {
                index.put(16L * i, PageWord.data(3, 64, 5));
            }
            try {
                index.forgetAll(slot -> slot == 3, new ReentrantLock());
                for (int i = first; i < first + 12; i++) {
                    if (index.get(16L * i) != PageWord.NONE) {
                        wrong.add("from " + first + ": group " + i + " is still known");
                    }
                }
            } catch (RuntimeException e) {
                wrong.add("from " + first + ": " + e);
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** Segments of an earlier handle count as dirty: the first flush syncs them, and a fold releases one meanwhile. */
    @Test
    void flushBesideAReleaseOfOldSegmentsSucceeds() throws Exception {
        HookedSpace space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        put(device, 1, 1);
        device.close();
        VolumeLog log = rig.openLog(FIRST);
        VolumeLog.Frozen frozen = VolumeRig.freeze(log);
        log.flush(frozen); // durable already: nothing is synced, and the layer is named
        Staging staging = new Staging();
        log.append(5, page(5), staging, VolumeLog.ALWAYS);
        AtomicBoolean once = new AtomicBoolean();
        space.beforeSync = (segment, bytes, offset) -> {
            if (!once.getAndSet(true)) {
                log.release(log.segmentsUpTo(frozen.layer())); // what the fold does when it has committed
            }
        };
        assertThatCode(log::flush).as("flush").doesNotThrowAnyException();
        assertThatCode(() -> log.append(6, page(6), staging, VolumeLog.ALWAYS)).doesNotThrowAnyException();
    }

    /** A sync of all segments is under way when a later one ends before it, and a fold releases what both have synced. */
    @Test
    void slowFlushBesideAReleaseSucceeds() throws Exception {
        HookedSpace space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        rig.open().close();
        VolumeLog log = rig.openLog(FIRST);
        Staging staging = new Staging();
        log.append(5, page(5), staging, VolumeLog.ALWAYS);
        CountDownLatch syncing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        space.beforeSync = (segment, bytes, offset) -> {
            if (Thread.currentThread().getName().equals("slow")) {
                syncing.countDown();
                await(go);
            }
        };
        AtomicReference<Throwable> told = new AtomicReference<>();
        Thread slow = new Thread(
                () -> {
                    try {
                        log.flush();
                    } catch (IOException | RuntimeException e) {
                        told.set(e);
                    }
                },
                "slow");
        slow.start();
        await(syncing);
        VolumeLog.Frozen frozen = VolumeRig.freeze(log);
        log.flush(frozen);
        log.release(log.segmentsUpTo(frozen.layer()));
        go.countDown();
        slow.join();
        assertThat(told.get()).as("what the slow one is told").isNull();
        assertThatCode(() -> log.append(6, page(6), staging, VolumeLog.ALWAYS)).doesNotThrowAnyException();
        assertThatCode(log::flush).doesNotThrowAnyException();
    }

    /** A reader has an old word; its slot is another, shorter segment's by now. */
    @Test
    void staleWordIsReadAgainAlsoOnTheHeap() throws IOException {
        SegmentTable table = new SegmentTable();
        HeapSegments heap = new HeapSegments();
        PageIndex index = new PageIndex();
        LogReader reader = new LogReader(VolumeRig.ID, table, index);
        LogSegment large = table.enter(heap.take(4 << 20, SegmentSpace.Use.OFTEN_SYNCED), new byte[16], false);
        long word = PageWord.data(large.slot, 3 << 20, 1);
        table.remove(large);
        heap.give(large.file);
        table.enter(heap.take(1 << 20, SegmentSpace.Use.OFTEN_SYNCED), new byte[16], false);
        ByteBuffer dst = ByteBuffer.allocate(Pages.BYTES);
        assertThat(reader.read(7, word, 0, dst, Pages.BYTES, new Pages.Scratch()))
                .isFalse();
    }

    /** 48 MiB were trimmed, of a disk with 20 MiB to spare; the log is opened again. */
    @Test
    void whatWasTrimmedNeedsNoRoom() throws IOException {
        FileSegments space = VolumeRig.fileSegments(io, tmp.resolve("logs"));
        space.claim(java.util.Set.of(), true);
        SpaceReserve reserve = new SpaceReserve(() -> SpaceReserve.FLOOR_BYTES + (20 << 20));
        List<SegmentEntry> entries = new ArrayList<>();
        LogJournal journal = new LogJournal() {
            @Override
            public void add(SegmentEntry segment) {
                entries.add(segment);
            }

            @Override
            public void remove(List<SegmentEntry> segments) {
                entries.removeAll(segments);
            }

            @Override
            public void replace(List<SegmentEntry> segments) {
                entries.clear();
                entries.addAll(segments);
            }
        };
        LogHome home = new LogHome(space, journal, LogUpkeep.NONE, reserve, 64 << 10);
        Staging staging = new Staging();
        LogState empty = new LogState(List.of(), FIRST, FIRST);
        try (VolumeLog log = VolumeLog.open(VolumeRig.ID, home, empty, staging)) {
            log.append(1 << 20, page(1), staging, VolumeLog.ALWAYS);
            log.appendAll(RecordHeader.Type.ZEROS, 0, 48 << 8, staging, VolumeLog.ALWAYS);
            log.append(1 << 21, page(1), staging, VolumeLog.ALWAYS);
            log.harden(staging);
        }
        LogState state = new LogState(List.copyOf(entries), FIRST, FIRST);
        try (VolumeLog log = VolumeLog.open(VolumeRig.ID, home, state, staging)) {
            assertThatCode(() -> log.append(1 << 22, page(1), staging, VolumeLog.ALWAYS))
                    .doesNotThrowAnyException();
        }
    }

    /** Else whoever opens the log next looks for records all over it. */
    @Test
    void segmentThatWasReadyIsGivenBackWhenTheLogIsClosed() throws IOException {
        VolumeRig rig = VolumeRig.inFiles(() -> io, tmp.resolve("logs"), 1L << 30);
        Staging staging = new Staging();
        try (VolumeLog log = rig.openLog(FIRST)) {
            log.append(1, page(1), staging, VolumeLog.ALWAYS);
            log.prepareForFreeze();
            assertThat(rig.entries()).hasSize(2);
            log.harden(staging);
        }
        assertThat(rig.entries()).hasSize(1);
        try (VolumeLog log = rig.openLog(FIRST)) {
            assertThat(PageWord.isZeros(log.word(1))).isFalse();
            assertThat(log.word(1)).isNotEqualTo(PageWord.NONE);
            assertThat(log.segments()).hasSize(1);
        }
    }

    /** A fold has given a segment back, which is kept for the next; the disk is full of what is kept, and who writes is refused. */
    @Test
    void keptSegmentNeedsNoRoom() throws IOException {
        AtomicLong free = new AtomicLong((5L << 20) + (200 << 10));
        SpaceReserve reserve = new SpaceReserve(() -> SpaceReserve.FLOOR_BYTES + free.get() - used());
        FileSegments space = new FileSegments(io, tmp.resolve("logs"), reserve);
        space.claim(java.util.Set.of(), true);
        LogJournal journal = new LogJournal() {
            @Override
            public void add(SegmentEntry segment) {}

            @Override
            public void remove(List<SegmentEntry> segments) {}

            @Override
            public void replace(List<SegmentEntry> segments) {}
        };
        LogHome home = new LogHome(space, journal, LogUpkeep.NONE, reserve, 64 << 10);
        Staging staging = new Staging();
        LogState empty = new LogState(List.of(), FIRST, FIRST);
        VolumeLog log = VolumeLog.open(VolumeRig.ID, home, empty, staging);
        int written = 0;
        try {
            while (true) {
                log.append(written % 16, page(1), staging, VolumeLog.ALWAYS); // one block only
                written++;
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
        assertThat(written).isGreaterThan(900);
        VolumeLog.Frozen frozen = VolumeRig.freeze(log);
        log.flush(frozen);
        log.release(log.segmentsUpTo(frozen.layer())); // the fold is done: the log is empty
        assertThat(log.bytes()).isZero();
        assertThatCode(() -> log.append(0, page(2), staging, VolumeLog.ALWAYS))
                .as("a write to the log that is empty")
                .doesNotThrowAnyException();
    }

    private long used() {
        String[] files = tmp.resolve("logs").toFile().list();
        long bytes = 0;
        for (String each : files == null ? new String[0] : files) {
            bytes += tmp.resolve("logs").resolve(each).toFile().length();
        }
        return bytes;
    }

    /** Sessions that end before the first round of the upkeep leave a segment each: the log is long when it is opened. */
    @Test
    void logOfManySegmentsIsLong() throws IOException {
        HeapSegments heap = new HeapSegments();
        SegmentFile empty = heap.take(1 << 20, SegmentSpace.Use.OFTEN_SYNCED);
        VolumeRig rig = new VolumeRig(() -> new HookedSpace(heap), SIZE);
        VolumeDevice first = rig.open();
        put(first, 0, 1);
        first.close();
        while (rig.entries().size() < SegmentTable.MANY_SLOTS) {
            rig.entries().add(0, new SegmentEntry(empty.number(), 1 << 20, "00".repeat(16), 0));
        }
        assertThat(new LogLimits(4L << 30).isLong(rig.openLog(FIRST))).isTrue();
    }

    /** What is forgotten takes as much heap as before: a log with the largest index is folded again and again, and waited for. */
    @Test
    void indexWithoutWordsTakesLittle() {
        PageIndex index = new PageIndex();
        for (int i = 0; i < 100_000; i++) {
            index.put(16L * i, PageWord.data(3, 64, 5));
        }
        long before = index.heapBytes();
        index.forgetAll(slot -> slot == 3, new ReentrantLock());
        assertThat(index.usedBlocks(1)).isZero();
        assertThat(index.heapBytes()).as("of %d", before).isLessThan(before / 2);
    }

    /** Many trims that are not aligned: the limit on heap is reached, the log is folded, and the writers wait for ever. */
    @Test
    void writersGoOnWhenTheLargestIndexWasFolded() throws Exception {
        HeapSegments heap = new HeapSegments();
        VolumeRig rig = new VolumeRig(() -> heap, 16L << 40);
        VolumeLog log = rig.openLog(FIRST);
        Staging staging = new Staging();
        LogLimits limits = new LogLimits(4L << 30);
        for (long i = 0; log.index().heapBytes() < LogLimits.INDEX_BYTES; i++) {
            // 64 KiB less than a unit at both sides of a unit's start
            long first = i * 2 * (1 << 14) + 16;
            log.appendAll(RecordHeader.Type.ZEROS, first, (1 << 14) - 32, staging, VolumeLog.ALWAYS);
        }
        limits.indexes(log.index().heapBytes(), VolumeRig.ID);
        assertThat(limits.isLong(log)).isTrue();
        VolumeLog.Frozen frozen = VolumeRig.freeze(log);
        log.flush(frozen);
        log.release(log.segmentsUpTo(frozen.layer()));
        assertThat(log.bytes()).isZero();
        limits.indexes(log.index().heapBytes(), VolumeRig.ID); // the next round of the upkeep
        assertThat(limits.isLong(log))
                .as("to be folded again, though it is empty")
                .isFalse();
    }

    /** Who has filled a segment writes its directory, without the gate; by then a fold has given the segment back. */
    @Test
    void directoryWrittenAfterTheReleaseHarmsNobody() throws Exception {
        FileSegments files = VolumeRig.fileSegments(io, tmp.resolve("logs"));
        CountDownLatch sealing = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        files.claim(java.util.Set.of(), true);
        SegmentSpace space = (SegmentSpace) java.lang.reflect.Proxy.newProxyInstance(
                SegmentSpace.class.getClassLoader(), new Class<?>[] {SegmentSpace.class}, (proxy, method, args) -> {
                    if (method.getName().equals("give")) {
                        files.give(((Slow) args[0]).file);
                        return null;
                    }
                    Object result = method.invoke(files, args);
                    return result instanceof SegmentFile file ? new Slow(file, sealing, go) : result;
                });
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        VolumeLog log = log(
                space,
                new LogJournal() {
                    @Override
                    public void add(SegmentEntry segment) {}

                    @Override
                    public void remove(List<SegmentEntry> segments) {}

                    @Override
                    public void replace(List<SegmentEntry> segments) {}
                },
                List.of());
        assertThat(rig.entries()).isEmpty();
        AtomicReference<Throwable> told = new AtomicReference<>();
        Thread writer = new Thread(
                () -> {
                    try {
                        Staging staging = new Staging();
                        while (sealing.getCount() > 0) {
                            log.append(3, page(1), staging, VolumeLog.ALWAYS);
                        }
                    } catch (IOException | RuntimeException e) {
                        told.set(e);
                    }
                },
                "slow");
        writer.start();
        await(sealing);
        VolumeLog.Frozen frozen = VolumeRig.freeze(log);
        log.flush(frozen);
        log.release(log.segmentsUpTo(frozen.layer()));
        go.countDown();
        writer.join();
        assertThat(told.get()).as("what the writer is told").isNull();
        assertThatCode(() -> log.append(0, page(2), new Staging(), VolumeLog.ALWAYS))
                .doesNotThrowAnyException();
        assertThatCode(log::flush).doesNotThrowAnyException();
    }

    private record Slow(SegmentFile file, CountDownLatch sealing, CountDownLatch go) implements SegmentFile {
        @Override
        public long number() {
            return file.number();
        }

        @Override
        public int sizeBytes() {
            return file.sizeBytes();
        }

        @Override
        public void read(ByteBuffer dst, long offsetBytes) throws IOException {
            file.read(dst, offsetBytes);
        }

        @Override
        public void write(ByteBuffer src, long offsetBytes) throws IOException {
            if (offsetBytes + src.remaining() == sizeBytes()
                    && Thread.currentThread().getName().equals("slow")) {
                sealing.countDown();
                await(go);
            }
            file.write(src, offsetBytes);
        }

        @Override
        public void sync() throws IOException {
            file.sync();
        }

        @Override
        public String describe() {
            return file.describe();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
