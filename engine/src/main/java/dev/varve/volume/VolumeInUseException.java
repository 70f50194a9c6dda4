package dev.varve.volume;

/** A volume is open already: there is one writable handle of a volume at a time. */
public final class VolumeInUseException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    VolumeInUseException(String id) {
        super(id + " is open already; close it first");
    }
}
