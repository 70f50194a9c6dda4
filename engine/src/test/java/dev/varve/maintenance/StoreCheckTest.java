package dev.varve.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.catalog.Catalog;
import dev.varve.catalog.Document;
import dev.varve.catalog.Resource;
import dev.varve.catalog.ResourceKind;
import dev.varve.catalog.Scope;
import dev.varve.manifest.Manifests;
import dev.varve.store.Compression;
import dev.varve.store.HeapStore;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import dev.varve.store.StoreProperties;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who can't look at all that may name something says so: a repair must not take the rest for unnamed. */
class StoreCheckTest {
    private static final Scope SCOPE = new Scope("123456789012", "eu-west-1");
    private static final String SNAPSHOT = "snap-0123456789abcdef0";
    private static final String EMPTY = "varve1;chunk=4096;size=4096;domain=0;content=-;writers=-";

    private String broken = "none";
    private final HeapStore heap = new HeapStore(new StoreProperties(new UUID(1, 2), 1, 4096, Compression.STORED));
    private final Store store = (Store) Proxy.newProxyInstance(
            Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, args) -> {
                if (method.getName().startsWith("record") && args[0].toString().startsWith(broken)) {
                    throw new IOException("a test");
                }
                try {
                    return method.invoke(heap, args);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            });
    private final Catalog catalog = new Catalog(store, Clock.systemUTC(), prefix -> prefix + "0123456789abcdef0");

    @BeforeEach
    void hold() throws IOException {
        catalog.change(change -> {
            change.create(new Resource(
                    ResourceKind.SNAPSHOT, SCOPE, SNAPSHOT, Instant.EPOCH, new Document().set("state", "completed")));
            change.hold(SNAPSHOT, EMPTY.getBytes(StandardCharsets.US_ASCII));
            return SNAPSHOT;
        });
    }

    private Lost lost() {
        StoreCheck check = new StoreCheck(
                store, catalog, new Manifests(store, 1 << 20), volume -> List.of(), new Damage(), Pace.FULL);
        check.walk();
        return check.lost();
    }

    @Test
    void allIsKnownOfASoundStore() {
        assertThat(lost().isAll()).isTrue();
    }

    /** The list of snapshots, the root of one, the list of roots. */
    @ParameterizedTest
    @ValueSource(strings = {"snapshot/", "root/" + SNAPSHOT, "root/"})
    void notAllIsKnownWhereARecordCanNotBeRead(String prefix) {
        broken = prefix;
        assertThat(lost().isAll()).isFalse();
    }

    @Test
    void notAllIsKnownWhereARootIsNoManifest() throws IOException {
        catalog.change(change -> {
            change.hold("vol-1", new byte[] {'x'});
            return SNAPSHOT;
        });
        assertThat(lost().isAll()).isFalse();
    }
}
