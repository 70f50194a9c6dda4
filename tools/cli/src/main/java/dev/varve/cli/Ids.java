package dev.varve.cli;

import dev.varve.EngineScope;
import dev.varve.image.DeviceMapping;
import dev.varve.image.Image;
import java.io.IOException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the ids that people give stand for. */
final class Ids {
    private Ids() {}

    static boolean isImage(String id) {
        return id.startsWith("ami-");
    }

    static boolean isSnapshot(String id) {
        return id.startsWith("snap-");
    }

    static boolean isVolume(String id) {
        return id.startsWith("vol-");
    }

    static boolean isInstance(String id) {
        return id.startsWith("i-");
    }

    /** What to say of an id that can't be used here. */
    static Failure unknown(String id, String expected) {
        return new Failure(
                id, "this is no id of " + expected + "; varve images, snapshots and volumes list those there are");
    }

    /**
     * The snapshot that an id stands for: its own, or that of an image's disk.
     *
     * @param device which disk of an image, the root device unless given
     */
    static String snapshot(EngineScope scope, String id, @Nullable String device) throws IOException {
        if (isSnapshot(id)) {
            if (device != null) {
                throw new BadUsage("--device names a disk of an image, and " + id + " is a snapshot");
            }
            return id;
        }
        if (!isImage(id)) {
            throw unknown(id, "an image (ami-...) or a snapshot (snap-...)");
        }
        Image image = scope.images().get(id);
        String wanted = device == null ? image.rootDeviceName() : device;
        return image.mappings().stream()
                .filter(mapping -> mapping.deviceName().equals(wanted))
                .map(DeviceMapping::snapshotId)
                .flatMap(Stream::ofNullable)
                .findFirst()
                .orElseThrow(() -> new Failure(
                        id,
                        "it has no disk " + wanted + "; it has "
                                + String.join(
                                        ", ",
                                        image.mappings().stream()
                                                .filter(mapping -> mapping.snapshotId() != null)
                                                .map(DeviceMapping::deviceName)
                                                .toList())));
    }
}
