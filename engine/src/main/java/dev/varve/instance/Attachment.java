package dev.varve.instance;

import org.jspecify.annotations.Nullable;

/**
 * One device of an instance.
 *
 * @param deviceName such as {@code /dev/xvda}
 * @param volumeId what it is; null for what is no volume
 * @param deleteOnTermination whether the volume goes with the instance
 * @param virtualName {@code ephemeral0} and so on for a disk of the host, which is for whoever runs the instance to make;
 *     null for a volume, and with none of both the device is left out
 */
public record Attachment(
        String deviceName,
        @Nullable String volumeId,
        boolean deleteOnTermination,
        @Nullable String virtualName) {}
