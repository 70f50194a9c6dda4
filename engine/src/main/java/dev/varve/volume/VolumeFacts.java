package dev.varve.volume;

import com.google.errorprone.annotations.RestrictedApi;
import dev.varve.catalog.Resource;
import java.io.IOException;

/** What the engine's other packages may ask of a volume's record. */
public final class VolumeFacts {
    private static final String ENGINE = ".*/engine/src/.*";

    private VolumeFacts() {}

    /**
     * What a volume takes beside its blocks.
     *
     * @param volume its record
     * @return bytes of its log
     * @throws IOException when the record is bad
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public static long logBytes(Resource volume) throws IOException {
        return VolumeRecord.logBytes(volume);
    }

    /**
     * How long a volume is.
     *
     * @param volume its record
     * @return bytes
     * @throws IOException when the record is bad
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public static long sizeBytes(Resource volume) throws IOException {
        return VolumeRecord.sizeBytes(volume);
    }

    /**
     * Whether a volume is deleted with the instance that has it.
     *
     * @param volume its record
     * @return false also when no instance has it
     * @throws IOException when the record is bad
     */
    @RestrictedApi(explanation = "for the engine's own packages", allowedOnPath = ENGINE)
    public static boolean goesWithInstance(Resource volume) throws IOException {
        VolumeAttachment attachment = VolumeRecord.attachment(volume);
        return attachment != null && attachment.deleteOnTermination();
    }
}
