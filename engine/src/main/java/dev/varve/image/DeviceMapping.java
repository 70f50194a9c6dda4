package dev.varve.image;

/**
 * One disk of an image: which device it becomes, and from what.
 *
 * @param deviceName such as {@code /dev/xvda}
 * @param snapshotId a completed snapshot of the image's scope
 * @param volumeSizeGib size of the volume; 0 in a request stands for the snapshot's
 * @param volumeType kind of the volume
 * @param deleteOnTermination whether the volume goes with its instance
 */
public record DeviceMapping(
        String deviceName, String snapshotId, long volumeSizeGib, VolumeType volumeType, boolean deleteOnTermination) {
    /**
     * A mapping as EC2 makes it unless told otherwise: the snapshot's size, gp2, deleted on termination.
     *
     * @param deviceName such as {@code /dev/xvda}
     * @param snapshotId a completed snapshot of the image's scope
     * @return the mapping
     */
    public static DeviceMapping of(String deviceName, String snapshotId) {
        return new DeviceMapping(deviceName, snapshotId, 0, VolumeType.GP2, true);
    }
}
