package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.chunk.ChunkKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NodeCacheTest {
    private final ProbeStore store = new ProbeStore(Disk.CHUNK);
    private final ExecutorService pool = Executors.newFixedThreadPool(8);

    @AfterEach
    void stop() throws InterruptedException {
        pool.shutdownNow();
        assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void manyWhoAskAtOnceLoadOnceAndShareTheNode() throws Exception {
        ChunkKey name = leaf(0);
        NodeCache cache = new NodeCache(store, 1 << 20);
        CountDownLatch release = new CountDownLatch(1);
        store.beforeNode = id -> await(release);
        List<Future<Node>> asked = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            asked.add(pool.submit(() -> cache.get(name)));
        }
        release.countDown();
        for (Future<Node> node : asked) {
            assertThat(node.get()).isSameAs(cache.get(name));
        }
        assertThat(store.nodeReads.get()).isEqualTo(1);
    }

    @Test
    void failureReachesAllWhoWaitAndIsNotKept() throws Exception {
        ChunkKey name = leaf(0);
        NodeCache cache = new NodeCache(store, 1 << 20);
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        store.beforeNode = id -> {
            loading.countDown();
            await(release);
            throw new IOException("unreadable");
        };
        Future<Node> loader = pool.submit(() -> cache.get(name));
        loading.await();
        CountDownLatch started = new CountDownLatch(1);
        Future<Node> waiter = pool.submit(() -> {
            started.countDown();
            return cache.get(name);
        });
        started.await();
        release.countDown();
        for (Future<Node> failed : List.of(loader, waiter)) {
            assertThatThrownBy(failed::get)
                    .isInstanceOf(ExecutionException.class)
                    .hasRootCauseMessage("unreadable");
        }
        store.beforeNode = id -> {};
        assertThat(cache.get(name).id()).isEqualTo(name.id());
    }

    @Test
    void interruptedWaiterGetsTheNodeAndKeepsTheFlag() throws Exception {
        ChunkKey name = leaf(0);
        NodeCache cache = new NodeCache(store, 1 << 20);
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        store.beforeNode = id -> {
            loading.countDown();
            await(release);
        };
        Future<Node> loader = pool.submit(() -> cache.get(name));
        loading.await();
        Future<Boolean> waiter = pool.submit(() -> {
            Thread.currentThread().interrupt();
            Node node = cache.get(name);
            return node.id().equals(name.id()) && Thread.interrupted();
        });
        release.countDown();
        assertThat(waiter.get()).isTrue();
        assertThat(loader.get().id()).isEqualTo(name.id());
    }

    @Test
    void nodesThatNobodyHoldsStayWithinTheBudget() throws IOException {
        long leafBytes = new NodeCache(store, 1 << 20).get(leaf(0)).heapBytes();
        NodeCache cache = new NodeCache(store, 5 * leafBytes + 1);
        cache.get(leaf(0));
        assertThat(cache.recentBytes()).isEqualTo(leafBytes);
        for (int i = 0; i < 40; i++) {
            cache.get(leaf(i));
            cache.get(leaf(0));
            assertThat(cache.recentBytes()).isLessThanOrEqualTo(5 * leafBytes + 1);
        }
        store.nodeReads.set(0);
        cache.get(leaf(0));
        cache.get(leaf(39));
        assertThat(store.nodeReads.get()).as("recently used ones are kept").isZero();
    }

    @Test
    void nodeThatSomebodyHoldsIsFoundThoughTheBudgetIsNothing() throws IOException {
        NodeCache cache = new NodeCache(store, 0);
        Node held = cache.get(leaf(0));
        assertThat(cache.get(leaf(0))).isSameAs(held);
        assertThat(cache.recentBytes()).isZero();
        assertThat(store.nodeReads.get()).isEqualTo(1);
    }

    @Test
    void nodesOfTwoDomainsAreNotShared() throws IOException {
        NodeCache cache = new NodeCache(store, 1 << 20);
        ChunkKey plain = leaf(0);
        assertThat(cache.get(new ChunkKey(1, plain.id()))).isNotSameAs(cache.get(plain));
    }

    private ChunkKey leaf(int number) throws IOException {
        return ChunkKey.plain(store.node(Nodes.encode(NodeKind.CONTENT, 0, 0, Nodes.id(number))));
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
