package dev.varve.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.varve.store.Store;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class CatalogTest {
    private final Store store = Fixture.store();
    private final Catalog catalog = Fixture.catalog(store);

    private static Resource snapshot(String id) {
        return new Resource(
                ResourceKind.SNAPSHOT, Fixture.SCOPE, id, Fixture.NOW, new Document().set("note", "of " + id));
    }

    private static String id(long number) {
        return String.format("snap-%017x", number);
    }

    private String create() throws IOException {
        return catalog.change(change -> {
            String id = change.newId(ResourceKind.SNAPSHOT);
            change.create(snapshot(id));
            return id;
        });
    }

    @Test
    void resourceIsFoundInItsScopeAndByItsId() throws Exception {
        String id = create();

        assertThat(catalog.find(ResourceKind.SNAPSHOT, Fixture.SCOPE, id)
                        .document()
                        .text("note"))
                .isEqualTo("of " + id);
        assertThat(catalog.find(id).created()).isEqualTo(Fixture.NOW);
        assertThat(catalog.find(ResourceKind.SNAPSHOT, new Scope("123456789012", "eu-west-2"), id))
                .isNull();
        assertThat(catalog.find(ResourceKind.SNAPSHOT, Fixture.SCOPE, "../" + id))
                .isNull();
        assertThat(catalog.find("anything")).isNull();
    }

    @Test
    void deletedResourceLeavesNothing() throws Exception {
        String id = create();
        catalog.change(change -> {
            change.delete(change.find(ResourceKind.SNAPSHOT, Fixture.SCOPE, id), false);
            return id;
        });

        assertThat(store.records("", "", 100)).isEmpty();
    }

    @Test
    void goneResourceIsToldFromOneThatNeverWas() throws Exception {
        String id = create();
        catalog.change(change -> {
            change.delete(change.find(ResourceKind.SNAPSHOT, Fixture.SCOPE, id), true);
            return id;
        });

        assertThat(catalog.find(id)).isNull();
        assertThat(catalog.isGone(ResourceKind.SNAPSHOT, Fixture.SCOPE, id)).isTrue();
        assertThat(catalog.isGone(ResourceKind.SNAPSHOT, Fixture.SCOPE, id(99))).isFalse();
        assertThatExceptionOfType(Ec2Exception.class)
                .isThrownBy(() -> catalog.change(change -> {
                    change.create(snapshot(id));
                    return id;
                }));
    }

    @Test
    void failedStepChangesNothing() throws Exception {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> catalog.change(change -> {
                    change.create(snapshot(change.newId(ResourceKind.SNAPSHOT)));
                    throw new IOException("no");
                }));

        assertThat(store.records("", "", 100)).isEmpty();
    }

    @Test
    void failedCommitFreesItsKeys() throws Exception {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> catalog.change(
                        change -> {
                            change.create(snapshot(id(1)));
                            return 0;
                        },
                        (puts, deletes) -> {
                            throw new IOException("disk full");
                        }));

        assertThat(create()).isEqualTo(id(1));
    }

    @Test
    void takenIdsAreSkippedAndAStuckSourceIsAnError() throws Exception {
        Catalog stuck = new Catalog(store, Clock.systemUTC(), prefix -> prefix + "0000000000000000a");
        stuck.change(change -> {
            change.create(snapshot(change.newId(ResourceKind.SNAPSHOT)));
            return 0;
        });

        assertThatIllegalStateException().isThrownBy(() -> stuck.change(change -> change.newId(ResourceKind.SNAPSHOT)));
        Catalog bad = new Catalog(store, Clock.systemUTC(), prefix -> prefix + "NO");
        assertThatIllegalStateException().isThrownBy(() -> bad.change(change -> change.newId(ResourceKind.SNAPSHOT)));
    }

    @Test
    void stepSeesItsOwnChanges() throws Exception {
        catalog.change(change -> {
            change.create(snapshot(id(1)));
            assertThat(change.find(ResourceKind.SNAPSHOT, Fixture.SCOPE, id(1))).isNotNull();
            assertThat(change.refer("ami-a", id(1))).isTrue();
            assertThat(change.refer("ami-a", id(2))).isFalse();
            assertThat(change.referrers(id(1))).containsExactly("ami-a");
            change.unrefer("ami-a", id(1));
            assertThat(change.referrers(id(1))).isEmpty();
            assertThat(change.takeName(ResourceKind.IMAGE, Fixture.SCOPE, "n", "ami-1"))
                    .isNull();
            assertThat(change.takeName(ResourceKind.IMAGE, Fixture.SCOPE, "n", "ami-2"))
                    .isEqualTo("ami-1");
            change.freeName(ResourceKind.IMAGE, Fixture.SCOPE, "n");
            assertThat(change.takeName(ResourceKind.IMAGE, Fixture.SCOPE, "n", "ami-2"))
                    .isNull();
            return 0;
        });
    }

    @Test
    void stepThatTouchesAKeyInFlightWaitsAndSeesTheOutcome() throws Exception {
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<String> first = CompletableFuture.supplyAsync(() -> takeName("ami-1", (puts, deletes) -> {
            committing.countDown();
            await(goOn);
            store.commit(puts, deletes);
        }));
        committing.await();
        CompletableFuture<String> second = CompletableFuture.supplyAsync(() -> takeName("ami-2", store::commit));

        assertThat(create()).as("others are not held up").isEqualTo(id(1));
        assertThat(second).isNotDone();
        goOn.countDown();

        assertThat(first.get()).isEqualTo("free");
        assertThat(second.get()).isEqualTo("ami-1");
    }

    @Test
    void whatAChangeHasReadStaysUntilItIsCommitted() throws Exception {
        String target = create();
        CountDownLatch committing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Catalog.Commit slow = (puts, deletes) -> {
            committing.countDown();
            await(goOn);
            store.commit(puts, deletes);
        };
        CompletableFuture<String> reading = changing(
                change -> {
                    change.find(ResourceKind.SNAPSHOT, Fixture.SCOPE, target);
                    change.referrers(target);
                    return change.takeName(ResourceKind.IMAGE, Fixture.SCOPE, "name", "ami-1");
                },
                slow);
        committing.await();
        CompletableFuture<Boolean> referring = changing(change -> change.refer("ami-2", target), store::commit);
        CompletableFuture<Integer> deleting = changing(
                change -> {
                    change.delete(change.find(ResourceKind.SNAPSHOT, Fixture.SCOPE, target), false);
                    return 0;
                },
                store::commit);
        create();

        assertThat(catalog.find(target)).as("reading is free").isNotNull();
        assertThat(referring).isNotDone();
        assertThat(deleting).isNotDone();
        goOn.countDown();
        assertThat(reading.get()).isNull();
        referring.get();
        deleting.get();
        assertThat(catalog.find(target)).isNull();
    }

    private <T> CompletableFuture<T> changing(Catalog.Step<T> step, Catalog.Commit commit) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return catalog.change(step, commit);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private String takeName(String id, Catalog.Commit commit) {
        try {
            return catalog.change(
                    change -> {
                        String holder = change.takeName(ResourceKind.IMAGE, Fixture.SCOPE, "name", id);
                        return holder == null ? "free" : holder;
                    },
                    commit);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void oneOfManyGetsAName() throws Exception {
        List<CompletableFuture<String>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String id = "ami-" + i;
            all.add(CompletableFuture.supplyAsync(() -> takeName(id, store::commit)));
        }
        List<String> outcomes = new ArrayList<>();
        for (CompletableFuture<String> each : all) {
            outcomes.add(each.get());
        }

        assertThat(outcomes.stream().filter("free"::equals)).hasSize(1);
        String winner = catalog.named(ResourceKind.IMAGE, Fixture.SCOPE, "name");
        assertThat(outcomes.stream().filter(each -> !each.equals("free"))).containsOnly(winner);
    }

    @Test
    void listenersHearAfterTheCommitAndWithoutALock() throws Exception {
        List<CatalogEvent> heard = new ArrayList<>();
        catalog.listen(event -> {
            throw new RuntimeException("a bad listener harms nobody", null, false, false) {
                private static final long serialVersionUID = 1;
            };
        });
        catalog.listen(event -> {
            try {
                assertThat(CompletableFuture.supplyAsync(() -> takeName("ami-1", store::commit))
                                .get())
                        .isEqualTo("free");
                assertThat(catalog.find(event.id())).isNotNull();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            heard.add(event);
        });
        catalog.change(change -> {
            Resource resource = snapshot(id(1));
            change.create(resource);
            change.announce(CatalogEvent.What.CREATED, resource);
            return 0;
        });

        assertThat(heard)
                .containsExactly(
                        new CatalogEvent(CatalogEvent.What.CREATED, ResourceKind.SNAPSHOT, Fixture.SCOPE, id(1)));
    }

    @Test
    void badRecordIsToldAndPassedOverByAScan() throws Exception {
        create();
        store.commit(Map.of("snapshot/123456789012/eu-west-1/" + id(7), new byte[] {1}), Set.of());
        store.commit(Map.of("snapshot/odd", new byte[] {1}), Set.of());
        create();
        List<String> found = new ArrayList<>();
        List<BadRecordException> bad = new ArrayList<>();
        catalog.scan(ResourceKind.SNAPSHOT, resource -> found.add(resource.id()), bad::add);

        assertThat(found).containsExactly(id(1), id(2));
        assertThat(bad).hasSize(2);
    }

    @Test
    void pendingWorkAndRootsAreListed() throws Exception {
        catalog.change(change -> {
            change.create(snapshot(id(1)));
            change.begin(id(1), "writer", snapshot(id(1)));
            change.hold(id(1), new byte[] {1, 2});
            change.hold(id(2), new byte[] {3});
            return 0;
        });

        assertThat(catalog.pending())
                .containsExactly(new PendingWork(id(1), "writer", ResourceKind.SNAPSHOT, Fixture.SCOPE));
        assertThat(catalog.roots("", 10)).extracting(Map.Entry::getKey).containsExactly(id(1), id(2));
        assertThat(catalog.roots(id(1), 10)).extracting(Map.Entry::getKey).containsExactly(id(2));
        assertThat(catalog.root(id(1))).containsExactly(1, 2);
    }
}
