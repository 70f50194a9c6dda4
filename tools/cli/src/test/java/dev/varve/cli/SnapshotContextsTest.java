package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.Engine;
import dev.varve.EngineOptions;
import dev.varve.EngineScope;
import dev.varve.nbd.MetaContext;
import dev.varve.nbd.MetaContexts;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import dev.varve.snapshot.SnapshotState;
import dev.varve.snapshot.SnapshotWriter;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SnapshotContextsTest {
    private static final List<String> ALWAYS = List.of("base:allocation", "varve:hydrated", "varve:layer");

    private static String snapshot(EngineScope scope, String volumeId) throws Exception {
        Snapshot now = scope.volumes().snapshot(volumeId, SnapshotRequest.NEW);
        while (now.state() == SnapshotState.PENDING) {
            Thread.sleep(2);
            now = scope.snapshots().get(now.id());
        }
        return now.id();
    }

    private static List<String> listed(EngineScope scope, String id) throws Exception {
        return new StoreExports(scope, List.of())
                .describe(id).contexts().list().stream().map(MetaContext::name).toList();
    }

    private static List<String> bitmaps(List<String> snapshotIds) {
        return snapshotIds.stream().map(id -> "qemu:dirty-bitmap:" + id).toList();
    }

    @Test
    void snapshotsOfTheVolumeAreListedNewestFirstAndOthersFound() throws Exception {
        try (Engine engine = Engine.ephemeral(EngineOptions.defaults())) {
            EngineScope scope = engine.scope("123456789012", "eu-west-1");
            Volume first = scope.volumes().create(VolumeRequest.NEW.withSizeGib(1));
            assertThat(listed(scope, first.id())).isEqualTo(ALWAYS);
            List<String> ofFirst = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                ofFirst.add(0, snapshot(scope, first.id()));
            }
            Volume second = scope.volumes().create(VolumeRequest.NEW.withSnapshotId(ofFirst.get(0)));
            String ofSecond = snapshot(scope, second.id());
            assertThat(listed(scope, first.id()))
                    .startsWith("base:allocation")
                    .endsWith(bitmaps(ofFirst).toArray(String[]::new));
            assertThat(listed(scope, second.id()))
                    .hasSize(ALWAYS.size() + 2)
                    .endsWith(bitmaps(List.of(ofSecond, ofFirst.get(0))).toArray(String[]::new));
            assertThat(listed(scope, ofFirst.get(1)))
                    .containsExactly(
                            "base:allocation",
                            "varve:hydrated",
                            "qemu:dirty-bitmap:" + ofFirst.get(0),
                            "qemu:dirty-bitmap:" + ofFirst.get(2));
            MetaContexts contexts =
                    new StoreExports(scope, List.of()).describe(first.id()).contexts();
            assertThat(contexts.find("qemu:dirty-bitmap:" + ofSecond)).isNotNull();
            assertThat(contexts.find("varve:layer")).isNotNull();
            try (SnapshotWriter pending = scope.snapshots().writer(SnapshotRequest.NEW)) {
                for (String id : List.of(pending.id(), "snap-0123456789abcdef0", "", first.id())) {
                    assertThat(contexts.find("qemu:dirty-bitmap:" + id)).as(id).isNull();
                }
            }
            scope.snapshots().delete(ofFirst.get(0));
            assertThat(listed(scope, second.id())).hasSize(ALWAYS.size() + 1);
        }
    }

    @Test
    void listHasALimit() throws Exception {
        try (Engine engine = Engine.ephemeral(EngineOptions.defaults())) {
            EngineScope scope = engine.scope("123456789012", "eu-west-1");
            Volume volume = scope.volumes().create(VolumeRequest.NEW.withSizeGib(1));
            List<String> taken = new ArrayList<>();
            for (int i = 0; i < SnapshotContexts.MOST + 3; i++) {
                taken.add(snapshot(scope, volume.id()));
            }
            Collections.reverse(taken);
            assertThat(listed(scope, volume.id()))
                    .hasSize(ALWAYS.size() + SnapshotContexts.MOST)
                    .endsWith(bitmaps(taken.subList(0, SnapshotContexts.MOST)).toArray(String[]::new));
        }
    }
}
