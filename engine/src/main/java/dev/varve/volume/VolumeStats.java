package dev.varve.volume;

import org.jspecify.annotations.Nullable;

/**
 * What a volume takes beside its blocks, which it may share.
 *
 * @param logBytes disk of its log: what was written and is not folded into blocks yet, in segments of which not all is used
 * @param indexBytes heap that tells where in the log a page is, about; 0 while nobody has the volume open
 * @param pendingLayers how many parts of the log are being folded, or wait for it
 * @param foldFailure why they could not be folded when it was last tried, which is tried again; null unless that is so
 */
public record VolumeStats(
        long logBytes,
        long indexBytes,
        int pendingLayers,
        @Nullable String foldFailure) {}
