package dev.varve.bench.volume;

import dev.varve.Engine;
import dev.varve.cache.CacheStats;
import dev.varve.volume.VolumeRegistry;
import java.lang.reflect.Field;
import java.util.Optional;

/** How often volumes went to the store. The engine does not tell it, so it is looked up inside. */
final class CacheCounters {
    private CacheCounters() {}

    /** Chunks that were fetched from the store since the engine was opened, also in vain. */
    static long loads(Engine engine) throws ReflectiveOperationException {
        Field field = Engine.class.getDeclaredField("volumes");
        field.setAccessible(true);
        Optional<?> found =
                (Optional<?>) VolumeRegistry.class.getMethod("cacheStats").invoke(field.get(engine));
        return found.map(CacheStats.class::cast)
                .map(stats -> stats.loads() + stats.failedLoads())
                .orElse(0L);
    }
}
