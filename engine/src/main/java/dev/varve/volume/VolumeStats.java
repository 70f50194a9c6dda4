package dev.varve.volume;

/**
 * What a volume takes beside its blocks, which it may share.
 *
 * @param logBytes disk of its log: what was written and is not folded into blocks yet, in segments of which not all is used
 * @param indexBytes heap that tells where in the log a page is, about; 0 while nobody has the volume open
 * @param pendingLayers how many parts of the log are being folded, or wait for it
 */
public record VolumeStats(long logBytes, long indexBytes, int pendingLayers) {}
