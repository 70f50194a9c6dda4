package dev.varve;

import dev.varve.file.FaultyFiles;
import dev.varve.store.Store;
import dev.varve.store.WriteLease;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;

/**
 * Makes the commits of a store changes that {@link FaultyFiles} counts: one before, where a failure leaves the store as it
 * was, and one after, where all is committed and the caller is not told. A process that has stopped commits nothing.
 */
final class CuttableStore {
    private CuttableStore() {}

    /** Closes a store when the process that has it open ends. */
    enum Life {
        /** It has its own files, and is closed by its engine. */
        OF_ONE_ENGINE,
        /** It stands for what is durable, and outlives engines. */
        OF_ALL
    }

    /**
     * Puts faults before a store.
     *
     * @param marker a directory of the files whose sync stands for a commit
     */
    static Store over(Store below, Life life, FaultyFiles files, Path marker) {
        return (Store) proxy(Store.class, (proxy, method, args) -> switch (method.getName()) {
            case "commit" -> commit(below, method, args, files, marker);
            case "write" -> lease((WriteLease) call(below, method, args), files, marker);
            case "close" -> life == Life.OF_ALL ? null : call(below, method, args);
            default -> call(below, method, args);
        });
    }

    private static WriteLease lease(WriteLease below, FaultyFiles files, Path marker) {
        return (WriteLease) proxy(
                WriteLease.class,
                (proxy, method, args) -> method.getName().equals("commit")
                        ? commit(below, method, args, files, marker)
                        : call(below, method, args));
    }

    private static Object commit(Object below, Method method, Object[] args, FaultyFiles files, Path marker)
            throws Throwable {
        files.syncDirectory(marker);
        call(below, method, args);
        files.syncDirectory(marker);
        return null;
    }

    private static Object call(Object below, Method method, Object[] args) throws Throwable {
        try {
            return method.invoke(below, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Object proxy(Class<?> type, InvocationHandler handler) {
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
    }
}
