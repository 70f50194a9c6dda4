package dev.varve.nbd.powercut;

import org.jspecify.annotations.Nullable;

/** What a recording disk was told to do. */
sealed interface DeviceEvent {
    /**
     * A write, or a trim.
     *
     * @param bytes null for zeros
     */
    record Write(long offsetBytes, int lengthBytes, byte @Nullable [] bytes) implements DeviceEvent {}

    /** All that was written before it survives. */
    record Flush() implements DeviceEvent {}
}
