package dev.varve.maintenance;

import dev.varve.manifest.Manifest;
import dev.varve.manifest.Tree;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** What makes disks name the same chunks at the same blocks, whatever their sizes and writers. */
record Content(int domain, Tree tree) {
    static Content of(Manifest disk) {
        return new Content(disk.domain(), disk.content());
    }

    /** One disk of each content. */
    static Map<Content, Manifest> distinct(Collection<Manifest> disks) {
        Map<Content, Manifest> distinct = new LinkedHashMap<>();
        disks.forEach(disk -> distinct.putIfAbsent(of(disk), disk));
        return distinct;
    }
}
