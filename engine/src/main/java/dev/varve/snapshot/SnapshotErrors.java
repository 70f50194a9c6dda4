package dev.varve.snapshot;

import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.ResourceKind;
import java.util.List;

/** EC2's words for what can't be done with a snapshot. */
final class SnapshotErrors {
    private SnapshotErrors() {}

    static Ec2Exception notFound(String id) {
        return new Ec2Exception("InvalidSnapshot.NotFound", "The snapshot '" + id + "' does not exist.");
    }

    static Ec2Exception notRestorable(String id) {
        return new Ec2Exception(
                "InvalidSnapshot.NotFound",
                "The snapshot '" + id + "' can't be restored: it is not deleted, or its time of grace was over.");
    }

    static Ec2Exception inUse(String id, List<String> images) {
        return new Ec2Exception(
                "InvalidSnapshot.InUse", "The snapshot " + id + " is currently in use by " + String.join(", ", images));
    }

    static Ec2Exception notReadable(SnapshotState state) {
        return new Ec2Exception("IncorrectState", "Snapshot is in invalid state - " + state);
    }

    static Ec2Exception tooSmall(long sizeBytes, long parentSizeBytes) {
        return Ec2Exception.invalidValue("The size of " + sizeBytes + " bytes is smaller than the parent snapshot's "
                + parentSizeBytes + " bytes.");
    }

    static void checkId(String id) {
        if (!id.startsWith(ResourceKind.SNAPSHOT.prefix())) {
            throw Ec2Exception.invalidValue(
                    "Value (" + id + ") for parameter snapshotId is invalid. Expected: 'snap-...'.");
        }
        if (!ResourceKind.SNAPSHOT.isId(id)) {
            throw new Ec2Exception(
                    "InvalidSnapshotID.Malformed", "Value ( " + id + " ) for parameter SNAPSHOT is invalid. ");
        }
    }
}
