package dev.varve;

import java.util.ArrayList;
import java.util.List;

/** A call that took snapshots of volumes at one moment. */
final class VolumeShot {
    final String set;
    final List<byte[][]> contents = new ArrayList<>();
    final List<Long> starts = new ArrayList<>();
    final List<Long> sizesGib = new ArrayList<>();
    List<String> ids = List.of();

    VolumeShot(String set) {
        this.set = set;
    }
}
