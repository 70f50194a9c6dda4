package dev.varve.cli;

import dev.varve.nbd.NbdExport;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;

/** How clients name what is served at an address. Source: the NBD project's text on URIs. */
final class NbdUri {
    private final SocketAddress address;

    NbdUri(SocketAddress address) {
        this.address = address;
    }

    /** Of one export; an empty name is the default's. */
    String of(String name) {
        try {
            URI uri = address instanceof InetSocketAddress inet
                    ? new URI("nbd", null, inet.getHostString(), inet.getPort(), "/" + name, null, null)
                    : new URI("nbd+unix", "", "/" + name, "socket=" + address, null);
            return uri.toASCIIString();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Lines for a shell, one a client. */
    List<String> commands(NbdExport export) {
        String uri = "'" + of(export.name()) + "'";
        List<String> lines = new ArrayList<>();
        lines.add("  nbdinfo --map " + uri);
        lines.add("  nbdcopy " + uri + " disk.raw");
        lines.add("  nbdfuse " + (export.isReadOnly() ? "-r " : "") + "FOLDER " + uri);
        lines.add("  qemu-system-x86_64 -m 1G -drive format=raw,if=virtio,"
                + (export.isReadOnly() ? "readonly=on," : "") + "file=" + uri);
        lines.add("  nbd-client " + client() + " -N " + export.name() + " /dev/nbd0");
        return lines;
    }

    private String client() {
        return address instanceof InetSocketAddress inet
                ? inet.getHostString() + " " + inet.getPort()
                : "-unix " + address;
    }
}
