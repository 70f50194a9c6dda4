package dev.varve.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve quickstart}. */
@Command(
        name = "quickstart",
        header = "Tell the whole story on a small real disk, command by command.",
        description = {
            "",
            "Without FILE it writes a small disk first: a partition with a FAT file system that holds varve's own",
            "libraries. Works in a temporary store, which goes afterwards, unless --store names one."
        },
        footer = {
            "",
            "Examples:",
            "  varve quickstart",
            "  varve quickstart debian.raw --store /srv/varve",
        })
final class QuickstartCommand implements Callable<Integer>, StaysHere {
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("-yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Session session;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "A raw image of your own; it is only read.")
    private @Nullable Path file;

    QuickstartCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        try (TemporaryFolder folder = new TemporaryFolder("varve-quickstart-")) {
            Path given = session.options().store;
            Path store = given == null ? folder.path().resolve("store") : given;
            Story story = new Story(session, store);
            try {
                tell(story, folder.path(), given == null ? "" : SECONDS.format(Instant.now()));
            } catch (Story.Ended e) {
                return e.code();
            }
            story.say(
                    given == null
                            ? "That was all. The store and the files of this story are removed now; varve --help goes on."
                            : "That was all. The images stay in " + store + "; varve --help goes on.");
        }
        return Main.DONE;
    }

    private void tell(Story story, Path folder, String suffix) throws IOException {
        Path base = file;
        if (base == null) {
            base = folder.resolve("base.raw");
            SampleDisk.writeBase(base);
            story.say("A disk to begin with: " + base + ", " + Sizes.format(Files.size(base)) + ". It has one partition"
                    + " with a FAT file system, and varve's own libraries as files.");
        }
        story.say(
                "Import registers it as an image. Its content is cut into chunks of 64 KiB, each is named by its SHA-256,"
                        + " and stored once. Holes and zeros are not stored at all.");
        String first = story.run("import", base.toString(), "--name", "quickstart-base" + suffix);

        Path derived = folder.resolve("derived.raw");
        if (file == null) {
            SampleDisk.writeDerived(derived);
            story.say("Somebody works with a copy of the disk: changes a file and adds another (" + derived + ").");
        } else {
            story.say(
                    "Somebody works with a copy of the disk. Export writes the copy; then its middle is overwritten.");
            story.run("export", first, derived.toString());
            overwriteMiddle(derived);
        }
        story.say("The copy is imported too. What it shares with the first image is there already, so it takes next to"
                + " no space.");
        String second = story.run("import", derived.toString(), "--name", "quickstart-derived" + suffix);
        story.say("Two images, each a whole disk:");
        story.run("images");
        story.say("Where do they differ? This compares hashes in the two manifests, and reads no content.");
        story.run("diff", first, second);
        story.say("Export brings a disk back. The file gets its name when it is whole; zeros become holes again.");
        Path copy = folder.resolve("copy.raw");
        story.run("export", second, copy.toString());
        compare(story, derived, copy);
        story.say(
                "A volume is a disk to work with: made at once whatever its size, it shares the image's blocks until they"
                        + " are written to. What is written goes to a log of its own.");
        String volume = story.run("volume", "create", "--from", second);
        story.run("volumes");
        story.say("Check reads everything once more and compares it with its hashes.");
        story.run("check", "--data");
        story.say("And what does it all take?");
        story.run("stats");
        story.say("The volume goes, and the image stays.");
        story.run("volume", "delete", volume);
    }

    private static void overwriteMiddle(Path disk) throws IOException {
        try (RandomAccessFile writer = new RandomAccessFile(disk.toFile(), "rw")) {
            writer.seek(writer.length() / 2);
            writer.write("varve quickstart was here\n".getBytes(US_ASCII));
        }
    }

    private static void compare(Story story, Path expected, Path found) throws IOException {
        long difference = Files.mismatch(expected, found);
        if (difference >= 0) {
            throw new Failure(found, "byte " + difference + " is not that of " + expected + "; report this");
        }
        story.say("Compared byte for byte: " + found.getFileName() + " and " + expected.getFileName() + " are equal.");
    }
}
