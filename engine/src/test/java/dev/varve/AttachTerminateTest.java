package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.catalog.Ec2Exception;
import dev.varve.image.Image;
import dev.varve.instance.Instance;
import dev.varve.instance.Instances;
import dev.varve.instance.LaunchRequest;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotState;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A volume is opened while it is given up: one of the two is refused, and nobody has open what is gone. */
@Timeout(120)
class AttachTerminateTest extends HookedEngine {
    private static final SampleDisk DISK = new SampleDisk(5, 4);
    private static final String ATTACH_REFUSED = "InvalidVolume.NotFound / done";
    private static final String GIVING_REFUSED = "done / VolumeInUse";

    private static Instances instances(Engine engine) {
        return engine.instances(SampleDisk.ACCOUNT, SampleDisk.REGION);
    }

    private static String code(ThrowingCallable call) {
        try {
            call.call();
            return "done";
        } catch (Ec2Exception e) {
            return e.code();
        } catch (Throwable e) {
            return e.toString();
        }
    }

    /**
     * Opens a volume, which is given up at a read of a record by the one who opens; he goes on when it is given up, or
     * when that waits for him.
     *
     * @param read the number of the read, from 1
     * @param isAfter whether after it
     * @return what came of both; null when there are fewer reads
     */
    private String race(Engine engine, String volumeId, int read, boolean isAfter, ThrowingCallable giving)
            throws InterruptedException {
        String[] given = new String[1];
        CountDownLatch committed = new CountDownLatch(1);
        Thread giver = new Thread(() -> {
            given[0] = code(giving);
            committed.countDown();
        });
        Thread opener = Thread.currentThread();
        AtomicInteger reads = new AtomicInteger();
        Hook meeting = method -> {
            if (Thread.currentThread().equals(opener) && method.equals("record") && reads.incrementAndGet() == read) {
                giver.start();
                while (committed.getCount() > 0 && giver.getState() != Thread.State.BLOCKED) {
                    Thread.onSpinWait();
                }
            }
        };
        Hook others = before;
        before = method -> {
            others.run(method);
            if (!isAfter) {
                meeting.run(method);
            }
        };
        after = method -> {
            if (Thread.currentThread().equals(giver) && method.equals("commit")) {
                committed.countDown();
            }
            if (isAfter) {
                meeting.run(method);
            }
        };
        String opened = code(() -> {
            try (BlockDevice device = volumes(engine).attach(volumeId)) {
                reads.set(Integer.MAX_VALUE / 2);
                giver.join();
                put(device, 0, 7);
            }
        });
        reads.set(Integer.MAX_VALUE / 2);
        giver.join();
        before = others;
        after = method -> {};
        return given[0] == null ? null : opened + " / " + given[0];
    }

    /** Waits until nothing is left of a volume, which may go in the background. */
    private void awaitGone(String volumeId) throws Exception {
        String key = "volume/" + SampleDisk.ACCOUNT + "/" + SampleDisk.REGION + "/" + volumeId;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (below.record(key) != null && System.nanoTime() < end) {
            Thread.sleep(5);
        }
        assertThat(below.record(key)).as(key).isNull();
    }

    @Test
    void volumeIsOpenedOrItsInstanceEnds() throws Exception {
        List<String> outcomes = new ArrayList<>();
        try (Engine engine = engine()) {
            Image image = DISK.importInto(engine);
            String outcome = "";
            for (int i = 0; outcome != null; i++) {
                Instance instance =
                        instances(engine).launch(LaunchRequest.of(image.id())).get(0);
                String volumeId = instance.volumeIds().get(0);
                outcome = race(
                        engine,
                        volumeId,
                        1 + i / 2,
                        i % 2 == 1,
                        () -> instances(engine).terminate(instance.id()));
                if (outcome != null) {
                    outcomes.add(outcome);
                }
                String again = code(() -> instances(engine).terminate(instance.id()));
                assertThat(again).isEqualTo(ATTACH_REFUSED.equals(outcome) ? "InvalidInstanceID.NotFound" : "done");
                awaitGone(volumeId);
            }
        }
        assertThat(outcomes).contains(ATTACH_REFUSED).isSubsetOf(ATTACH_REFUSED, GIVING_REFUSED);
    }

    /** A fold has the volume, so that it is there for a while after it was deleted. */
    @Test
    void volumeThatIsBeingFoldedIsOpenedOrDeleted() throws Exception {
        List<String> outcomes = new ArrayList<>();
        try (Engine engine = engine()) {
            String outcome = "";
            for (int i = 0; outcome != null; i++) {
                Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
                try (BlockDevice device = volumes(engine).attach(volume.id())) {
                    put(device, 0, 1);
                }
                CountDownLatch folding = new CountDownLatch(1);
                CountDownLatch fold = new CountDownLatch(1);
                before = method -> {
                    if (folds() && method.equals("write")) {
                        folding.countDown();
                        await(fold);
                    }
                };
                Snapshot begun = begin(engine, volume);
                await(folding);
                outcome = race(
                        engine,
                        volume.id(),
                        1 + i / 2,
                        i % 2 == 1,
                        () -> volumes(engine).delete(volume.id()));
                if (outcome != null) {
                    outcomes.add(outcome);
                }
                fold.countDown();
                assertThat(end(engine, begun).state()).isEqualTo(SnapshotState.COMPLETED);
                String again = code(() -> volumes(engine).delete(volume.id()));
                assertThat(again).isEqualTo(ATTACH_REFUSED.equals(outcome) ? "InvalidVolume.NotFound" : "done");
            }
        }
        assertThat(outcomes).contains(ATTACH_REFUSED).isSubsetOf(ATTACH_REFUSED, GIVING_REFUSED);
    }

    /** What the record says can't be read when the volume is open already: it is as if nobody had come. */
    @Test
    void volumeThatCouldNotBeOpenedIsNobodys() throws Exception {
        int failures = 0;
        try (Engine engine = engine()) {
            Volume volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
            for (String outcome = ""; !outcome.equals("done"); failures++) {
                int failing = failures;
                AtomicInteger reads = new AtomicInteger();
                before = method -> {
                    if (method.equals("record") && reads.getAndIncrement() == failing) {
                        throw new IOException("not now");
                    }
                };
                outcome = code(() -> volumes(engine).attach(volume.id()).close());
                before = method -> {};
                assertThat(outcome).isIn("done", "java.io.IOException: not now");
                volumes(engine).attach(volume.id()).close();
            }
        }
        assertThat(failures).isGreaterThan(2);
    }
}
