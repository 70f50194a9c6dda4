package dev.varve.cli;

import dev.varve.catalog.Ec2Exception;
import dev.varve.chunk.ChunkException;
import dev.varve.store.RecordsLostException;
import dev.varve.store.StoreCorruptException;
import dev.varve.store.StoreFormatException;
import dev.varve.store.StoreNotFoundException;

/** What to do about what the engine says is wrong: the engine knows no commands. */
final class Advice {
    private Advice() {}

    /** A clause, or nothing. */
    static String on(Throwable e) {
        if (e instanceof Ec2Exception refused) {
            return isAttached(refused)
                    ? "varve instance terminate ends an instance with its volumes"
                    : onCode(refused.code());
        }
        if (e instanceof StoreNotFoundException) {
            return "create one with varve init, or name another with --store";
        }
        String message = String.valueOf(e.getMessage());
        if (e instanceof StoreFormatException) {
            return message.contains("; ") ? "" : "import into it, or name another folder with --store";
        }
        if (e instanceof ChunkException) {
            return "varve check --data tells which images have lost what, varve repair may mend it";
        }
        if (e instanceof BadUsage) {
            return "see varve --help";
        }
        if (e instanceof StoreCorruptException && message.contains("that was interrupted")) {
            return "varve repair --rebuild-index ends it";
        }
        if (e instanceof StoreCorruptException) {
            return "varve repair --rebuild-index --from COPY mends it, with a copy of this store; see varve repair --help";
        }
        if (e instanceof RecordsLostException) {
            return "name a copy of this store with --from, or accept that with --accept-loss";
        }
        if (message.contains("No space left")) {
            return "free some space and run it again";
        }
        return "";
    }

    /** Not one that somebody has open. */
    private static boolean isAttached(Ec2Exception refused) {
        return refused.code().equals("VolumeInUse")
                && String.valueOf(refused.getMessage()).contains("attached to");
    }

    private static String onCode(String code) {
        return switch (code) {
            case "InvalidAMIID.NotFound", "InvalidAMIID.Malformed", "InvalidAMIID.Unavailable" ->
                "varve images lists those there are";
            case "InvalidSnapshot.NotFound", "InvalidSnapshotID.NotFound", "InvalidSnapshotID.Malformed" ->
                "varve snapshots lists those there are";
            case "InvalidVolume.NotFound", "InvalidVolumeID.Malformed" -> "varve volumes lists those there are";
            case "InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed" ->
                "varve instance list has those there are";
            case "InvalidSnapshot.InUse" -> "deregister those images first";
            case "InvalidAMIName.Duplicate", "InvalidAMIName.Malformed" -> "give another with --name";
            default -> "";
        };
    }
}
