package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.catalog.Ec2Exception;
import dev.varve.formats.DiskImageException;
import dev.varve.formats.Signature;
import dev.varve.image.Architecture;
import dev.varve.image.Image;
import dev.varve.image.ImageRequest;
import dev.varve.snapshot.Snapshot;
import dev.varve.snapshot.SnapshotRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code varve import}. */
@Command(
        name = "import",
        header = "Register a disk as an image, or keep it as a snapshot only.",
        description = {
            "",
            "Copies the disk into the store, which is created if there is none. The id is the last line of the output.",
            "Ctrl-C, a failure or a power cut leave nothing half-registered."
        },
        footer = {
            "",
            "Examples:",
            "  varve import debian.raw --name debian-12",
            "  varve import /dev/sdb --name rescue --arch arm64",
            "  xz -dc disk.raw.xz | varve import - --snapshot-only",
        })
final class ImportCommand implements Callable<Integer> {
    private static final int MAX_NAME = 128;
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Session session;

    @Parameters(paramLabel = "FILE", description = "A raw image, a block device, or - for standard input.")
    private Path file = Path.of("-");

    @Option(
            names = "--name",
            paramLabel = "N",
            description = "The image's name, one of its own in account and region; made of the file's if not given.")
    private @Nullable String name;

    @Option(names = "--description", paramLabel = "TEXT", description = "What to say of it.")
    private String description = "";

    @Option(names = "--format", paramLabel = "F", description = "The file's format: raw.")
    @SuppressWarnings("UnusedVariable") // raw is the only one yet
    private Format format = Format.raw;

    @Option(
            names = "--arch",
            paramLabel = "A",
            converter = ArchitectureConverter.class,
            completionCandidates = ArchitectureNames.class,
            description = "The processor it is for: x86_64 (if not given), arm64, i386, x86_64_mac, arm64_mac.")
    private Architecture architecture = Architecture.X86_64;

    @Option(names = "--snapshot-only", description = "Make a snapshot, and no image of it.")
    private boolean snapshotOnly;

    @Option(names = "--force", description = "Take the file as a raw disk although it looks like something else.")
    private boolean force;

    ImportCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        if (snapshotOnly && name != null) {
            throw new BadUsage("--name is the image's, and --snapshot-only makes none; say it with --description");
        }
        long start = System.nanoTime();
        try (DiskInput disk = DiskInput.open(file, session.caller())) {
            requireRaw(disk);
            disk.requireWholeSectors();
            Engine engine = session.openOrCreate();
            EngineScope scope = session.scope(engine);
            long before = engine.stats().packBytes();
            if (snapshotOnly) {
                Snapshot snapshot = importSnapshot(scope, disk);
                print(disk.name(), snapshot, null, engine.stats().packBytes() - before, start);
            } else {
                Image image = importImage(scope, disk);
                Snapshot snapshot = scope.snapshots().get(image.rootSnapshotId());
                print(disk.name(), snapshot, image, engine.stats().packBytes() - before, start);
            }
        }
        return Main.DONE;
    }

    private void requireRaw(DiskInput disk) throws DiskImageException {
        Signature signature = disk.signature();
        if (signature != null && !force) {
            throw new DiskImageException(
                    disk.name(),
                    "this is " + signature.what() + ", not a raw disk; " + signature.advice()
                            + ", or take it as it is with --force");
        }
    }

    private Snapshot importSnapshot(EngineScope scope, DiskInput disk) throws IOException {
        try (ProgressBar bar = bar()) {
            return scope.snapshots()
                    .importFrom(SnapshotRequest.NEW.withDescription(description), disk.source())
                    .onProgress(bar)
                    .run();
        }
    }

    private Image importImage(EngineScope scope, DiskInput disk) throws IOException {
        ImageRequest image = ImageRequest.named(name == null ? nameOf(file) : name)
                .withArchitecture(architecture)
                .withDescription(description);
        SnapshotRequest snapshot = SnapshotRequest.NEW.withDescription("Imported for image " + image.name());
        try (ProgressBar bar = bar()) {
            return scope.images()
                    .importImage(image, snapshot, disk.source())
                    .onProgress(bar)
                    .run();
        } catch (Ec2Exception e) {
            throw e.code().equals("InvalidAMIName.Malformed")
                    ? new Failure("image name '" + image.name() + "'", e.getMessage() + "; give another with --name", e)
                    : e;
        }
    }

    private ProgressBar bar() {
        return new ProgressBar(session.console(), "importing " + file.getFileName());
    }

    private void print(Path from, Snapshot snapshot, @Nullable Image image, long storedBytes, long startNanos)
            throws IOException {
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> json.text("ImageId", image == null ? null : image.id())
                            .text("Name", image == null ? null : image.name())
                            .text("SnapshotId", snapshot.id())
                            .number("SizeInBytes", snapshot.sizeBytes())
                            .text("ContentId", snapshot.contentId())));
            return;
        }
        session.console()
                .print("Imported " + from + (image == null ? "" : " as " + image.name()) + ": "
                        + Sizes.format(snapshot.sizeBytes()) + " as " + snapshot.id() + ", "
                        + Sizes.format(Math.max(0, storedBytes)) + " more on disk, " + Times.since(startNanos) + ".");
        session.console().print(image == null ? snapshot.id() : image.id());
    }

    /** The file's name without folder and ending, in letters that an image's name may have. */
    static String nameOf(Path file) {
        String base = String.valueOf(file.getFileName())
                .replaceFirst("\\.(raw|img|bin|dd)$", "")
                .replaceAll("[^A-Za-z0-9()\\[\\] ./'@_-]", "-");
        String named = base.length() < 3 ? "disk-" + SECONDS.format(Instant.now()) : base;
        return named.substring(0, Math.min(MAX_NAME, named.length()));
    }

    /** Architectures as EC2 writes them. */
    static final class ArchitectureConverter implements ITypeConverter<Architecture> {
        @Override
        public Architecture convert(String value) {
            try {
                return Architecture.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(
                        "'" + value + "' is none of " + String.join(", ", new ArchitectureNames()));
            }
        }
    }

    /** For completion and messages. */
    static final class ArchitectureNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Architecture.values())
                    .map(Architecture::toString)
                    .iterator();
        }
    }
}
