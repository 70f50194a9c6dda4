package dev.varve.nbd;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The metadata contexts of an export. They are asked for when a client asks, so there may be many, and more than are
 * listed. Called from many threads; names come from clients, and may be anything.
 */
public interface MetaContexts {
    /**
     * What a client is told of who asks for all, or for a namespace.
     *
     * @return some, in the order in which they are told
     * @throws IOException when nobody knows
     */
    List<MetaContext> list() throws IOException;

    /**
     * One of them, listed or not.
     *
     * @param name the whole name
     * @return null when there is none
     * @throws IOException when nobody knows
     */
    @Nullable
    MetaContext find(String name) throws IOException;

    /**
     * Contexts that are all listed.
     *
     * @param contexts all there are
     * @return the same
     */
    static MetaContexts of(MetaContext... contexts) {
        List<MetaContext> all = List.of(contexts);
        return new MetaContexts() {
            @Override
            public List<MetaContext> list() {
                return all;
            }

            @Override
            public @Nullable MetaContext find(String name) {
                return all.stream()
                        .filter(context -> context.name().equals(name))
                        .findFirst()
                        .orElse(null);
            }
        };
    }
}
