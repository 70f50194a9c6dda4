package dev.varve.volume;

import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.ResourceKind;

/** EC2's words for what can't be done with a volume. */
final class VolumeErrors {
    private VolumeErrors() {}

    static Ec2Exception notFound(String id) {
        return new Ec2Exception("InvalidVolume.NotFound", "The volume '" + id + "' does not exist.");
    }

    static Ec2Exception notRestorable(String id) {
        return new Ec2Exception(
                "InvalidVolume.NotFound",
                "The volume '" + id + "' can't be restored: it is not deleted, or its time of grace was over.");
    }

    static Ec2Exception inUse(String id) {
        return new Ec2Exception("VolumeInUse", "Volume " + id + " is currently in use");
    }

    static Ec2Exception attached(String id, VolumeAttachment to) {
        return new Ec2Exception("VolumeInUse", "Volume " + id + " is currently attached to " + to.instanceId());
    }

    static Ec2Exception noSize() {
        return new Ec2Exception("MissingParameter", "The request must contain the parameter size or snapshotId");
    }

    static Ec2Exception badSize(long sizeGib) {
        return Ec2Exception.invalidValue(
                "Volume of " + sizeGib + "GiB is invalid; expect 1 to " + VolumeRecord.MAX_GIB + "GiB.");
    }

    static Ec2Exception smallerThanSnapshot(long sizeGib, long leastGib, String snapshotId) {
        return Ec2Exception.invalidValue("Volume of " + sizeGib + "GiB is smaller than snapshot '" + snapshotId
                + "', expect size >= " + leastGib + "GiB.");
    }

    static Ec2Exception shrinking(long sizeGib, long hasGib) {
        return Ec2Exception.invalidValue(
                "New size cannot be smaller than existing size: " + sizeGib + "GiB, the volume has " + hasGib + "GiB.");
    }

    static void checkId(String id) {
        if (!id.startsWith(ResourceKind.VOLUME.prefix())) {
            throw Ec2Exception.invalidValue(
                    "Value (" + id + ") for parameter volumeId is invalid. Expected: 'vol-...'.");
        }
        if (!ResourceKind.VOLUME.isId(id)) {
            throw new Ec2Exception(
                    "InvalidVolumeID.Malformed", "Value ( " + id + " ) for parameter VOLUME is invalid. ");
        }
    }
}
