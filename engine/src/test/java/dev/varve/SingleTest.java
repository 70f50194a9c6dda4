package dev.varve;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Runs one method of one test class in a process of its own: class, method, a folder, then what it takes. */
final class SingleTest {
    private SingleTest() {}

    public static void main(String[] args) throws Throwable {
        Class<?> type = Class.forName(args[0]);
        Method method = Stream.<Class<?>>iterate(type, Objects::nonNull, Class::getSuperclass)
                .flatMap(at -> Arrays.stream(at.getDeclaredMethods()))
                .filter(each -> each.getName().equals(args[1]))
                .findFirst()
                .orElseThrow();
        method.setAccessible(true);
        var constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object test = constructor.newInstance();
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            for (Field field : at.getDeclaredFields()) {
                if (field.isAnnotationPresent(TempDir.class)) {
                    field.setAccessible(true);
                    field.set(test, Files.createTempDirectory(Path.of(args[2]), "single"));
                }
            }
        }
        for (Class<?> at = type; at != null; at = at.getSuperclass()) {
            for (Method before : at.getDeclaredMethods()) {
                if (before.isAnnotationPresent(BeforeEach.class)) {
                    before.setAccessible(true);
                    before.invoke(test);
                }
            }
        }
        Object[] given = new Object[method.getParameterCount()];
        for (int i = 0; i < given.length; i++) {
            given[i] = parse(method.getParameterTypes()[i], args[3 + i].replace('_', ' '));
        }
        try {
            method.invoke(test, given);
        } catch (InvocationTargetException e) {
            e.getCause().printStackTrace();
            System.out.println("failed: " + e.getCause());
            System.exit(1);
        }
        System.out.println("passed");
        System.exit(0);
    }

    private static Object parse(Class<?> type, String text) {
        if (type == String.class) {
            return text;
        }
        if (type == long.class) {
            return Long.parseLong(text);
        }
        if (type == boolean.class) {
            return Boolean.parseBoolean(text);
        }
        if (type == VolumeWorkload.class) {
            return VolumeWorkload.ALL.stream()
                    .filter(mix -> mix.name().equals(text))
                    .findFirst()
                    .orElseThrow();
        }
        return Arrays.stream(type.getEnumConstants())
                .filter(each -> each.toString().equals(text.replace(' ', '_')))
                .findFirst()
                .orElseThrow();
    }
}
