package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.block.BlockDevice;
import dev.varve.file.FaultyFiles;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.io.IOException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several threads write and flush one volume at the same time, whose syncs overlap, until a sync fails or the power is cut. */
@Timeout(120)
class VolumeFlushersTest extends HookedEngine {
    private static final int THREADS = 4;
    private static final int PAGES = 8;

    /** The newest value that each thread was told is durable. */
    private final AtomicIntegerArray told = new AtomicIntegerArray(THREADS);

    private Thread writer(BlockDevice device, int number) {
        return new Thread(() -> {
            try {
                for (int i = 1; i < 120; i++) {
                    put(device, number * PAGES + i % PAGES, i);
                    device.flush();
                    told.set(number, i);
                }
            } catch (IOException | IllegalStateException e) {
                return; // no power, or a sync has failed
            }
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAnyOfThemWasToldIsThere(boolean fails) throws Exception {
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            faults = new FaultyFiles(seed, tmp.resolve("graves-" + fails + seed));
            faults.beforeSync = () -> LockSupport.parkNanos(random.nextInt(300_000));
            Volume volume;
            Engine engine = engine();
            volume = volumes(engine).create(VolumeRequest.NEW.withSizeGib(1));
            BlockDevice device = volumes(engine).attach(volume.id());
            Thread[] writers = new Thread[THREADS];
            for (int i = 0; i < THREADS; i++) {
                told.set(i, 0);
                writers[i] = writer(device, i);
                writers[i].start();
            }
            Thread.sleep(5 + random.nextInt(25));
            if (fails) {
                faults.failWhen((call, path) -> call == FaultyFiles.Call.SYNC && random.nextInt(8) == 0);
                join(writers);
            }
            cutPower(engine);
            join(writers);
            Engine next = engine();
            try (BlockDevice again = volumes(next).attach(volume.id())) {
                for (int i = 0; i < THREADS; i++) {
                    assertThere(again, i, "seed " + seed + ", thread " + i);
                }
            }
            volumes(next).delete(volume.id());
            next.close();
        }
    }

    /** Nothing that the engine still does reaches its store or its files. */
    private void cutPower(Engine engine) throws IOException {
        before = method -> {
            throw new IOException("no power");
        };
        faults.losePower();
        try {
            engine.close();
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
        before = method -> {};
    }

    private static void join(Thread[] threads) throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Each page has the last value that was flushed with it, or a later one. */
    private void assertThere(BlockDevice disk, int number, String what) throws IOException {
        int last = told.get(number);
        for (int page = 0; page < PAGES; page++) {
            int flushed = last - Math.floorMod(last - page, PAGES);
            assertThat(get(disk, number * PAGES + page))
                    .as(what + ", page " + page)
                    .isGreaterThanOrEqualTo(Math.max(0, flushed));
        }
    }
}
