package dev.varve.image;

import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.ResourceKind;
import java.util.regex.Pattern;

/** EC2's words for what can't be done with an image. */
final class ImageErrors {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9()\\[\\] ./\\-'@_]{3,128}");
    private static final Pattern DEVICE = Pattern.compile("[!-~]{1,255}");
    private static final Pattern EPHEMERAL = Pattern.compile("ephemeral(1?[0-9]|2[0-3])");

    private ImageErrors() {}

    static Ec2Exception notFound(String id) {
        return new Ec2Exception("InvalidAMIID.NotFound", "The image id '[" + id + "]' does not exist");
    }

    static Ec2Exception unavailable(String id) {
        return new Ec2Exception("InvalidAMIID.Unavailable", "The image ID '" + id + "' is no longer available");
    }

    static Ec2Exception notRestorable(String id) {
        return new Ec2Exception(
                "InvalidAMIID.NotFound",
                "The image '" + id + "' can't be restored: it is registered, or its time of grace was over.");
    }

    static Ec2Exception duplicate(String name, String id) {
        return new Ec2Exception("InvalidAMIName.Duplicate", "AMI name " + name + " is already in use by AMI " + id);
    }

    static Ec2Exception noRoot() {
        return mapping("No root snapshot specified in device mapping.");
    }

    static Ec2Exception mapping(String message) {
        return new Ec2Exception("InvalidBlockDeviceMapping", message);
    }

    static Ec2Exception snapshotNotFound(String id) {
        return new Ec2Exception("InvalidSnapshotID.NotFound", "The snapshot ID '" + id + "' does not exist");
    }

    static Ec2Exception snapshotForeign(String id, String account) {
        return Ec2Exception.invalidValue(
                "Invalid value '" + id + "' for snapshotId. Snapshot does not belong to " + account);
    }

    static void checkId(String id) {
        if (!ResourceKind.IMAGE.isId(id)) {
            throw new Ec2Exception("InvalidAMIID.Malformed", "Invalid id: \"" + id + "\" (expecting \"ami-...\")");
        }
    }

    static void checkSnapshotId(String id) {
        if (!ResourceKind.SNAPSHOT.isId(id)) {
            throw new Ec2Exception(
                    "InvalidSnapshotID.Malformed", "Value ( " + id + " ) for parameter SNAPSHOT is invalid. ");
        }
    }

    static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new Ec2Exception(
                    "InvalidAMIName.Malformed",
                    "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
                            + "'(', ')', '.', '-', '/' and '_'");
        }
    }

    static void checkVirtualName(String name) {
        if (!EPHEMERAL.matcher(name).matches()) {
            throw mapping("Invalid virtual name " + name);
        }
    }

    static void checkDevice(String name) {
        if (!DEVICE.matcher(name).matches()) {
            throw mapping("Invalid device name " + name);
        }
    }
}
