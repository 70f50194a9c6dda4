package dev.varve.image;

import org.jspecify.annotations.Nullable;

/**
 * One device of an image: what it becomes, and from what. It is a volume when it has a snapshot or a size, a disk of the
 * host when it has a virtual name, and a device that is left out when it has neither.
 *
 * @param deviceName such as {@code /dev/xvda}
 * @param snapshotId a completed snapshot of the image's scope; null for a blank volume, and for what is no volume
 * @param volumeSizeGib size of the volume; 0 in a request stands for the snapshot's, and for what is no volume
 * @param volumeType kind of the volume
 * @param deleteOnTermination whether the volume goes with its instance
 * @param virtualName {@code ephemeral0} to {@code ephemeral23} for a disk of the host, which goes with the instance; null
 *     for a volume
 */
public record DeviceMapping(
        String deviceName,
        @Nullable String snapshotId,
        long volumeSizeGib,
        VolumeType volumeType,
        boolean deleteOnTermination,
        @Nullable String virtualName) {
    /** Refuses what is a volume and a disk of the host at once. */
    public DeviceMapping {
        if (virtualName != null && (snapshotId != null || volumeSizeGib != 0)) {
            throw new IllegalArgumentException(deviceName + " is " + virtualName + ", or a volume, not both");
        }
    }

    /**
     * A volume.
     *
     * @param deviceName such as {@code /dev/xvda}
     * @param snapshotId a completed snapshot of the image's scope, or null for a blank one
     * @param volumeSizeGib its size; 0 for the snapshot's
     * @param volumeType its kind
     * @param deleteOnTermination whether it goes with its instance
     */
    public DeviceMapping(
            String deviceName,
            @Nullable String snapshotId,
            long volumeSizeGib,
            VolumeType volumeType,
            boolean deleteOnTermination) {
        this(deviceName, snapshotId, volumeSizeGib, volumeType, deleteOnTermination, null);
    }

    /**
     * A volume as EC2 makes it unless told otherwise: the snapshot's size, gp2, deleted on termination.
     *
     * @param deviceName such as {@code /dev/xvda}
     * @param snapshotId a completed snapshot of the image's scope
     * @return the mapping
     */
    public static DeviceMapping of(String deviceName, String snapshotId) {
        return new DeviceMapping(deviceName, snapshotId, 0, VolumeType.GP2, true);
    }

    /**
     * A volume of zeros: gp2, deleted on termination.
     *
     * @param deviceName such as {@code /dev/xvdb}
     * @param volumeSizeGib its size, at least 1
     * @return the mapping
     */
    public static DeviceMapping blank(String deviceName, long volumeSizeGib) {
        if (volumeSizeGib < 1) {
            throw new IllegalArgumentException("a volume has at least 1 GiB, not " + volumeSizeGib);
        }
        return new DeviceMapping(deviceName, null, volumeSizeGib, VolumeType.GP2, true);
    }

    /**
     * A disk of the host that an instance runs on: never kept, and no volume.
     *
     * @param deviceName such as {@code /dev/xvdc}
     * @param virtualName {@code ephemeral0} to {@code ephemeral23}
     * @return the mapping
     */
    public static DeviceMapping ephemeral(String deviceName, String virtualName) {
        return new DeviceMapping(deviceName, null, 0, VolumeType.GP2, false, virtualName);
    }

    /**
     * A device that is left out.
     *
     * @param deviceName such as {@code /dev/xvdd}
     * @return the mapping
     */
    public static DeviceMapping noDevice(String deviceName) {
        return new DeviceMapping(deviceName, null, 0, VolumeType.GP2, false);
    }

    /**
     * Whether a volume is made of it.
     *
     * @return false for a disk of the host, and for a device that is left out
     */
    public boolean isVolume() {
        return snapshotId != null || volumeSizeGib != 0;
    }
}
