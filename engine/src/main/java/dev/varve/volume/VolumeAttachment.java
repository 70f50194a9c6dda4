package dev.varve.volume;

/**
 * Whose a volume is: the instance that was launched with it, for as long as that is there.
 *
 * @param instanceId {@code i-} and 17 hexadecimal digits
 * @param deviceName what the instance calls it, such as {@code /dev/xvda}
 * @param deleteOnTermination whether it goes with the instance
 */
public record VolumeAttachment(String instanceId, String deviceName, boolean deleteOnTermination) {}
