package dev.varve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.image.ImageQuery;
import dev.varve.instance.Instance;
import dev.varve.instance.InstancePage;
import dev.varve.instance.InstanceQuery;
import dev.varve.instance.LaunchRequest;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumePage;
import dev.varve.volume.VolumeQuery;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process with SIGKILL while it launches and terminates, and looks at what is left. */
class KilledLaunchTest {
    private static final SampleDisk DISK = new SampleDisk(5, 20);
    private static final int COUNT = 150;

    @TempDir
    Path folder;

    /** The process that is killed: launches, says the ids, and terminates every third launch, until the end. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            try (Engine engine = Engine.open(Path.of(args[0]), SampleDisk.options())) {
                EngineScope scope = engine.scope(SampleDisk.ACCOUNT, SampleDisk.REGION);
                String image =
                        scope.images().list(ImageQuery.ALL).images().get(0).id();
                LaunchRequest request = LaunchRequest.of(image).withCount(COUNT);
                for (int i = 1; ; i++) {
                    List<Instance> launched = scope.instances().launch(request);
                    List<String> ids = launched.stream().map(Instance::id).toList();
                    if (i % 3 != 0) {
                        System.out.println(String.join(" ", ids));
                    } else {
                        System.out.println("ending "
                                + launched.stream()
                                        .flatMap(each -> each.volumeIds().stream())
                                        .collect(Collectors.joining(" ")));
                        scope.instances().terminate(ids);
                    }
                }
            }
        }
    }

    @Test
    void launchesAreWholeOrNotAndThoseThatWereToldStay() throws Exception {
        long seed = Long.getLong("varve.seed", System.nanoTime());
        Random random = new Random(seed);
        int trials = Boolean.getBoolean("varve.long") ? 60 : 6;
        Path store = folder.resolve("store");
        try (Engine engine = Engine.create(store, NewStore.DEFAULT, SampleDisk.options())) {
            DISK.importInto(engine);
        }
        Set<String> told = new HashSet<>();
        Set<String> ending = new HashSet<>();
        for (int trial = 0; trial < trials; trial++) {
            killAfter(1 + random.nextInt(4), random.nextInt(60), store, told, ending);
            assertWhole(store, told, ending, "seed " + seed + ", trial " + trial);
        }
    }

    /** Runs a child, and kills it some time after it has said so many lines. */
    private static void killAfter(int lines, long millis, Path store, Set<String> told, Set<String> ending)
            throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        store.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            int heard = 0;
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("ending ")) {
                    ending.addAll(List.of(line.substring("ending ".length()).split(" ")));
                } else if (line.length() == COUNT * 20 - 1) {
                    told.addAll(List.of(line.split(" ")));
                }
                if (++heard == lines) {
                    Thread.sleep(millis); // a random moment of what comes next
                    child.toHandle().destroyForcibly(); // what it has said can still be read
                }
            }
            assertThat(heard).isGreaterThanOrEqualTo(lines);
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    private static void assertWhole(Path store, Set<String> told, Set<String> ending, String when) throws Exception {
        try (Engine engine = Engine.open(store, SampleDisk.options())) {
            EngineScope scope = engine.scope(SampleDisk.ACCOUNT, SampleDisk.REGION);
            List<Instance> instances = instances(scope);
            assertThat(instances).as(when).extracting(Instance::id).containsAll(told);
            assertThat(instances.stream()
                            .collect(Collectors.groupingBy(Instance::reservationId, Collectors.counting()))
                            .values())
                    .as(when)
                    .containsOnly((long) COUNT);
            assertThat(volumes(scope))
                    .as(when)
                    .extracting(Volume::id)
                    .containsExactlyInAnyOrderElementsOf(instances.stream()
                            .flatMap(each -> each.volumeIds().stream())
                            .toList());
            List<String> listed = volumes(scope).stream().map(Volume::id).toList();
            ending.removeAll(listed); // those had not been given up yet
            for (String id : ending) {
                awaitEnd(engine, id, when);
            }
            ending.clear();
            assertThat(engine.check(false, (done, total) -> {}).problems())
                    .as(when)
                    .isEmpty();
        }
    }

    /** What the dead process had only marked is deleted by the next, in the background. */
    private static void awaitEnd(Engine engine, String volumeId, String when) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (engine.scopeOf(volumeId).isPresent()) {
            assertThat(System.nanoTime()).as("%s: %s stays", when, volumeId).isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    private static List<Instance> instances(EngineScope scope) throws IOException {
        List<Instance> all = new ArrayList<>();
        InstanceQuery query = InstanceQuery.ALL;
        for (InstancePage page = scope.instances().list(query);
                ;
                page = scope.instances().list(query)) {
            all.addAll(page.instances());
            String next = page.nextToken();
            if (next == null) {
                return all;
            }
            query = query.after(next);
        }
    }

    private static List<Volume> volumes(EngineScope scope) throws IOException {
        List<Volume> all = new ArrayList<>();
        VolumeQuery query = VolumeQuery.ALL;
        for (VolumePage page = scope.volumes().list(query);
                ;
                page = scope.volumes().list(query)) {
            all.addAll(page.volumes());
            String next = page.nextToken();
            if (next == null) {
                return all;
            }
            query = query.after(next);
        }
    }
}
