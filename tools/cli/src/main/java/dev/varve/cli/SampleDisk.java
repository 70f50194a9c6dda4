package dev.varve.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Two disks for a story: a base that holds a note and this program's own libraries, and one that was derived from it by
 * rewriting the note and adding a file.
 */
final class SampleDisk {
    /** Together the libraries stay well below the disk's 64 MiB. */
    private static final long MAX_FILE_BYTES = 2L << 20;

    private static final int MAX_FILES = 20;

    private static final String NOTE =
            "This disk was written by varve quickstart.\r\nIt holds the libraries that varve itself runs on.\r\n";
    private static final String PAGE = "<title>derived</title>\r\n<p>This file was added to the copy.</p>\r\n";

    private SampleDisk() {}

    /** Writes the base. */
    static void writeBase(Path file) throws IOException {
        List<FatDisk.Content> contents = new ArrayList<>();
        contents.add(text("README  TXT", NOTE));
        contents.addAll(libraries());
        FatDisk.write(file, contents);
    }

    /** Writes what somebody made of the base. */
    static void writeDerived(Path file) throws IOException {
        List<FatDisk.Content> contents = new ArrayList<>();
        contents.add(text("README  TXT", NOTE + "This copy serves web pages.\r\n"));
        contents.addAll(libraries());
        contents.add(text("INDEX   HTM", PAGE));
        FatDisk.write(file, contents);
    }

    private static FatDisk.Content text(String name, String text) {
        return new FatDisk.Content(name, text.getBytes(US_ASCII));
    }

    /** The jars of the class path, in a fixed order, so that both disks have them in the same places. */
    private static List<FatDisk.Content> libraries() throws IOException {
        List<Path> jars = Arrays.stream(
                        System.getProperty("java.class.path", "").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .map(Path::of)
                .filter(jar -> jar.toFile().length() <= MAX_FILE_BYTES && Files.isReadable(jar))
                .sorted()
                .limit(MAX_FILES)
                .toList();
        List<FatDisk.Content> contents = new ArrayList<>();
        for (Path jar : jars) {
            contents.add(new FatDisk.Content(shortName(jar, contents.size()), Files.readAllBytes(jar)));
        }
        return contents;
    }

    /** Six letters of the name and a number make eight; the extension makes eleven. */
    private static String shortName(Path jar, int number) {
        String letters =
                String.valueOf(jar.getFileName()).toUpperCase(Locale.ROOT).replaceAll("[^A-Z]", "") + "XXXXXX";
        return letters.substring(0, 6) + String.format(Locale.ROOT, "%02d", number) + "JAR";
    }
}
