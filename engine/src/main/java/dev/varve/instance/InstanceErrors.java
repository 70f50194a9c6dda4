package dev.varve.instance;

import dev.varve.catalog.Ec2Exception;
import dev.varve.catalog.ResourceKind;

/** EC2's words for what can't be done with an instance. */
final class InstanceErrors {
    private InstanceErrors() {}

    static Ec2Exception notFound(String id) {
        return new Ec2Exception("InvalidInstanceID.NotFound", "The instance ID '" + id + "' does not exist");
    }

    static Ec2Exception badCount(int count) {
        return Ec2Exception.invalidValue("Value (" + count + ") for parameter count is invalid. Expected: 1 to "
                + LaunchRequest.MAX_COUNT + ".");
    }

    static Ec2Exception badIds(int ids, int count) {
        return Ec2Exception.invalidValue(ids + " ids were given for " + count + " instances.");
    }

    static void checkId(String id) {
        if (!ResourceKind.INSTANCE.isId(id)) {
            throw new Ec2Exception("InvalidInstanceID.Malformed", "Invalid id: \"" + id + "\" (expecting \"i-...\")");
        }
    }
}
