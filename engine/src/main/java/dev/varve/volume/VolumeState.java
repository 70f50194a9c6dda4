package dev.varve.volume;

import java.util.Locale;

/** What a volume is up to, in EC2's words. */
public enum VolumeState {
    /** No instance has it, and nobody has it open. */
    AVAILABLE,
    /** An instance has it, or it is open in this process. */
    IN_USE;

    /** As EC2 writes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
