package dev.varve;

import dev.varve.store.GarbageCollection;
import dev.varve.store.Pace;
import dev.varve.store.Store;
import dev.varve.store.WriteLease;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * A store that tells a test when a writer is about to put something, and when a collection has come a step further: there the
 * engine holds no lock that others need, so that the test may have them go on, on the same thread.
 */
final class PausingStore {
    private PausingStore() {}

    /** Is told where somebody may be held up. */
    interface Pauses {
        /** A writer is about to put a chunk. */
        void beforeChunk();

        /** A writer has put its chunks, and is about to put a node. */
        void beforeNode();

        /** A collection has marked a chunk, or has looked at something. */
        void inCollection();
    }

    static Store over(Store below, Pauses pauses) {
        return (Store) proxy(Store.class, (method, args) -> switch (method.getName()) {
            case "write" -> lease((WriteLease) call(below, method, args), pauses);
            case "collect" -> collection((GarbageCollection) call(below, method, args), pauses);
            default -> call(below, method, args);
        });
    }

    private static WriteLease lease(WriteLease below, Pauses pauses) {
        return (WriteLease) proxy(WriteLease.class, (method, args) -> {
            switch (method.getName()) {
                case "put" -> pauses.beforeChunk();
                case "putNode" -> pauses.beforeNode();
                default -> {}
            }
            return call(below, method, args);
        });
    }

    private static GarbageCollection collection(GarbageCollection below, Pauses pauses) {
        return (GarbageCollection) proxy(GarbageCollection.class, (method, args) -> {
            for (int i = 0; args != null && i < args.length; i++) {
                if (args[i] instanceof Pace pace) {
                    args[i] = (Pace) bytes -> {
                        pace.spent(bytes);
                        pauses.inCollection();
                    };
                }
            }
            if (method.getName().equals("markChunk")
                    || method.getName().equals("sweep")
                    || method.getName().equals("compact")) {
                pauses.inCollection();
            }
            return call(below, method, args);
        });
    }

    private interface Calls {
        Object answer(Method method, Object[] args) throws Throwable;
    }

    private static Object call(Object below, Method method, Object[] args) throws Throwable {
        try {
            return method.invoke(below, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Object proxy(Class<?> type, Calls calls) {
        return Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> calls.answer(method, args));
    }
}
