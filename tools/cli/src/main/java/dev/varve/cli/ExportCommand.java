package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.block.BlockDevice;
import dev.varve.control.DiskTarget;
import dev.varve.snapshot.BlockSink;
import dev.varve.snapshot.Operation;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve export}. */
@Command(
        name = "export",
        header = "Write a disk of an image, a snapshot or a volume to a file, a block device or a pipe.",
        description = {
            "",
            "A file appears under its name when it is whole and safe on disk, with its zeros as holes.",
            "A block device is overwritten in place."
        },
        footer = {
            "",
            "Examples:",
            "  varve export ami-0123456789abcdef0 debian.raw",
            "  varve export snap-0123456789abcdef0 /dev/sdb --force",
            "  varve export vol-0123456789abcdef0 disk.raw",
            "  varve export ami-0123456789abcdef0 - | zstd -o debian.raw.zst",
        })
final class ExportCommand implements Callable<Integer> {
    private static final Path STANDARD_OUTPUT = Path.of("standard output");

    private final Session session;

    @Parameters(
            index = "0",
            paramLabel = "ID",
            description = "An image (ami-...), a snapshot (snap-...), or a volume (vol-...) that nobody has open.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "FILE", description = "A file, a block device, or - for standard output.")
    private Path file = Path.of("-");

    @Option(names = "--format", paramLabel = "F", description = "The format to write: raw.")
    private Format format = Format.raw;

    @Option(names = "--device", paramLabel = "NAME", description = "Another disk of an image than its root device.")
    private @Nullable String device;

    @Option(names = "--force", description = "Replace an existing file; overwrite a block device.")
    private boolean force;

    ExportCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        long start = System.nanoTime();
        OutputStream standardOutput = isStandardOutput() ? session.console().takeOutForData() : null;
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        if (Ids.isVolume(id)) {
            exportVolume(scope, standardOutput, start);
        } else {
            String snapshotId = Ids.snapshot(scope, id, device);
            long sizeBytes = scope.snapshots().get(snapshotId).sizeBytes();
            export(sink -> scope.snapshots().exportTo(snapshotId, sink), sizeBytes, standardOutput);
            print("SnapshotId", snapshotId, sizeBytes, start);
        }
        return Main.DONE;
    }

    private void exportVolume(EngineScope scope, @Nullable OutputStream standardOutput, long startNanos)
            throws IOException {
        if (device != null) {
            throw new BadUsage("--device names a disk of an image, and " + id + " is a volume");
        }
        try (BlockDevice disk = scope.volumes().attach(id)) {
            export(sink -> scope.snapshots().exportTo(disk, sink), disk.sizeBytes(), standardOutput);
            print("VolumeId", id, disk.sizeBytes(), startNanos);
        }
    }

    /** What copies a disk to where it is to go. */
    private interface Copy {
        Operation<?> to(BlockSink sink);
    }

    private void export(Copy copy, long sizeBytes, @Nullable OutputStream standardOutput) throws IOException {
        if (standardOutput != null) {
            toStream(copy, standardOutput);
        } else if (session.caller().isStream(file)) {
            try (OutputStream stream = session.caller().openOutput(file)) {
                toStream(copy, stream);
            }
        } else {
            toFile(copy, sizeBytes);
        }
    }

    private void toStream(Copy copy, OutputStream stream) throws IOException {
        run(copy, BlockSink.of(new StreamedCopy(nameOfTarget(), stream)));
    }

    private void toFile(Copy copy, long sizeBytes) throws IOException {
        try (DiskTarget target = session.caller().createDisk(file, sizeBytes, force)) {
            run(copy, BlockSink.of(target.device(), target.isBlank()));
            target.commit();
        }
    }

    private void run(Copy copy, BlockSink sink) throws IOException {
        try (ProgressBar bar = new ProgressBar(session.console(), "exporting")) {
            copy.to(sink).onProgress(bar).run();
        }
    }

    private void print(String kind, String exportedId, long sizeBytes, long startNanos) throws IOException {
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> json.text(kind, exportedId)
                            .text("File", nameOfTarget().toString())
                            .text("DiskImageFormat", format.name().toUpperCase(Locale.ROOT))
                            .number("SizeInBytes", sizeBytes)));
        } else {
            session.console()
                    .print("Exported " + id + " to " + nameOfTarget() + ": " + Sizes.format(sizeBytes) + ", "
                            + Times.since(startNanos) + ".");
        }
    }

    private Path nameOfTarget() {
        return isStandardOutput() ? STANDARD_OUTPUT : file;
    }

    private boolean isStandardOutput() {
        return file.toString().equals("-") || file.toString().equals("/dev/stdout");
    }
}
