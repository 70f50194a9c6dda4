package dev.varve.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Fixture;
import dev.varve.chunk.ChunkHasher;
import dev.varve.chunk.ChunkKey;
import dev.varve.manifest.Manifest;
import dev.varve.manifest.ManifestWriter;
import dev.varve.manifest.Manifests;
import dev.varve.manifest.WriterStamp;
import dev.varve.store.Background;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import dev.varve.store.Verification;
import dev.varve.store.VerifyReport;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackgroundScrubberTest {
    private static final int CHUNK = 4096;
    private static final int PACKS = 5;
    private static final String OWNER = "snap-0123456789abcdef0";
    private static final Duration WEEK = Duration.ofDays(7);

    private final Store heap = Fixture.store(CHUNK);

    /** The packs that were read, in order. */
    private final List<Integer> read = Collections.synchronizedList(new ArrayList<>());

    /** Lets a pack be read. */
    private final Semaphore permits = new Semaphore(0);

    /** What is damaged, all of it in pack 2. */
    private final Set<ChunkKey> damaged = Collections.synchronizedSet(new HashSet<>());

    private final List<Problem> told = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile CountDownLatch reached = new CountDownLatch(0);

    /** The heap, and packs that are made up. */
    private final Store store = (Store) Proxy.newProxyInstance(
            Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                if (method.getName().equals("verification")) {
                    return new MadeUp();
                }
                try {
                    return method.invoke(heap, args);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });

    private final Catalog catalog = Fixture.catalog(store);
    private final Manifests manifests = new Manifests(store, 1 << 20);

    private final class MadeUp implements Verification {
        @Override
        public List<Pack> packs() {
            return IntStream.rangeClosed(1, PACKS)
                    .mapToObj(i -> new Pack(i, 100))
                    .toList();
        }

        @Override
        public boolean isSound(int pack, Pace pace) {
            reached.countDown();
            while (!permits.tryAcquire()) {
                pace.spent(1 << 20);
            }
            read.add(pack);
            return pack != 2 || damaged.isEmpty();
        }

        @Override
        public void findLost(Set<Integer> packs, VerifyReport report, Pace pace) {
            if (packs.contains(2)) {
                damaged.forEach(key -> report.damagedChunk(key, "2.pack at offset 64: a test"));
            }
        }

        @Override
        public void checkFiles(VerifyReport report) {
            ended.countDown();
        }
    }

    private Scrubber scrubber() {
        return new Scrubber(store, catalog, manifests, volume -> List.of());
    }

    private interface Body {
        void run() throws Exception;
    }

    private void beside(Scrubber scrubber, Body body) throws Exception {
        BackgroundScrubber background =
                new BackgroundScrubber(scrubber, WEEK, told::add, Background.Source.THREADS, 1L << 32, 1);
        try {
            body.run();
        } finally {
            background.close();
        }
    }

    /** Writes a disk, of which every other block is a chunk; the chunks. */
    private List<ChunkKey> write(int blocks) throws IOException {
        List<ChunkKey> keys = new ArrayList<>();
        try (ManifestWriter writer = manifests.writer("test", null, new WriterStamp(OWNER))) {
            for (int i = 0; i < blocks; i++) {
                byte[] content = ByteBuffer.allocate(CHUNK).putInt(i + 1).array();
                writer.put(3 + 2L * i, ByteBuffer.wrap(content));
                keys.add(ChunkKey.plain(new ChunkHasher().hash(ByteBuffer.wrap(content))));
            }
            Manifest manifest = writer.finish(8 << 20);
            writer.commit(Map.of("root/" + OWNER, manifest.toString().getBytes(StandardCharsets.US_ASCII)), Set.of());
        }
        return keys;
    }

    @Test
    void allDamageIsToldOnceAndCounted() throws Exception {
        int many = 1000;
        damaged.addAll(write(many));
        permits.release(2 * PACKS);
        beside(scrubber(), ended::await);
        assertThat(told).hasSize(many);
        assertThat(scrubber().state().problemCount()).isEqualTo(many);
        assertThat(scrubber().check().problemCount()).isEqualTo(many);
    }

    @Test
    void goesOnWhereItWasAndThenWaitsForTheNextRound() throws Exception {
        reached = new CountDownLatch(3);
        permits.release(2);
        beside(scrubber(), reached::await);
        assertThat(read).containsExactly(1, 2);
        Scrubber second = scrubber();
        assertThat(second.state().begun()).isEqualTo(Fixture.NOW);
        assertThat(second.state().readBytes()).isEqualTo(200);
        assertThat(second.state().ended()).isNull();

        permits.release(PACKS);
        beside(second, ended::await);
        assertThat(read).containsExactly(1, 2, 3, 4, 5);
        ScrubState status = scrubber().state();
        assertThat(status.begun()).isNull();
        assertThat(status.ended()).isEqualTo(Fixture.NOW);
        assertThat(status.endedBytes()).isEqualTo(PACKS * 100);
        assertThat(status.problemCount()).isZero();
    }

    @Test
    void damageIsToldWithItsOwnerAtOnceAndKeptUntilItIsMended() throws Exception {
        damaged.addAll(write(1));
        reached = new CountDownLatch(3);
        permits.release(2);
        beside(scrubber(), () -> {
            reached.await();
            assertThat(told).as("before the round has ended").hasSize(1);
        });
        ScrubState status = scrubber().state();
        assertThat(status.problemCount()).isEqualTo(1);
        assertThat(status.problems()).containsExactlyElementsOf(told).allSatisfy(problem -> {
            assertThat(problem.owner()).isEqualTo(OWNER);
            assertThat(problem.offsetBytes()).isEqualTo(3 * CHUNK);
            assertThat(problem.lengthBytes()).isEqualTo(CHUNK);
            assertThat(problem.message()).contains("2.pack at offset 64");
        });
        assertThat(scrubber().check().problems())
                .as("a check of names alone looks at it again")
                .isEqualTo(status.problems());

        damaged.clear();
        assertThat(scrubber().check().problems()).isEmpty();
        permits.release(PACKS);
        beside(scrubber(), ended::await);
        assertThat(scrubber().state().problemCount()).isZero();
        assertThat(told).hasSize(1);
    }

    @Test
    void whoReadsEverythingAtOnceEndsTheRound() throws Exception {
        reached = new CountDownLatch(1);
        Scrubber scrubber = scrubber();
        beside(scrubber, () -> {
            reached.await();
            permits.release(2 * PACKS);
            scrubber.checkData((done, total) -> {});
            assertThat(scrubber.state().begun()).isNull();
        });
        assertThat(scrubber().state().begun()).isNull();
        assertThat(scrubber().state().ended()).isEqualTo(Fixture.NOW);
    }
}
