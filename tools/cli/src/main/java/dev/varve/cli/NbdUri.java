package dev.varve.cli;

import dev.varve.nbd.NbdExport;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How clients name what is served at an address. Source: the NBD project's text on URIs. */
final class NbdUri {
    /** Where a client has its certificates, which the server can't know. */
    private static final String CERTIFICATES = "DIR";

    /** What an address may have in it, and means something to a shell, to QEMU's options or between parameters. */
    private static final Pattern SPECIAL = Pattern.compile("[',;&]");

    private final SocketAddress address;
    private final boolean isTls;

    /** Of an address; with TLS its name is the one that the server's certificate has to have. */
    NbdUri(SocketAddress address, boolean isTls) {
        this.address = address;
        this.isTls = isTls;
    }

    /** Of one export; an empty name is the default's. */
    String of(String name) {
        return of(name, null);
    }

    private String of(String name, @Nullable String query) {
        try {
            URI uri = address instanceof InetSocketAddress inet
                    ? new URI(
                            isTls ? "nbds" : "nbd", null, inet.getHostString(), inet.getPort(), "/" + name, query, null)
                    : new URI("nbd+unix", "", "/" + name, "socket=" + address, null);
            return SPECIAL.matcher(uri.toASCIIString())
                    .replaceAll(found -> "%%%02X".formatted((int) found.group().charAt(0)));
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Lines for a shell, one a client. */
    List<String> commands(NbdExport export) {
        String uri = "'" + of(export.name(), isTls ? "tls-certificates=" + CERTIFICATES : null) + "'";
        List<String> lines = new ArrayList<>();
        lines.add("  nbdinfo --map " + uri);
        lines.add("  nbdcopy " + uri + " disk.raw");
        lines.add("  nbdfuse " + (export.isReadOnly() ? "-r " : "") + "FOLDER " + uri);
        String qemu = "  qemu-system-x86_64 -m 1G ";
        String drive = "-drive format=raw,if=virtio," + (export.isReadOnly() ? "readonly=on," : "");
        if (isTls && address instanceof InetSocketAddress inet) {
            lines.add(qemu + "-object tls-creds-x509,id=tls,endpoint=client,dir=" + CERTIFICATES + " " + drive
                    + "file.driver=nbd,file.host=" + inet.getHostString() + ",file.port=" + inet.getPort()
                    + ",file.tls-creds=tls,file.export=" + export.name());
            lines.add(CERTIFICATES + " has ca-cert.pem, client-cert.pem and client-key.pem of who connects.");
        } else {
            lines.add(qemu + drive + "file=" + uri);
            lines.add("  nbd-client " + client() + " -N " + export.name() + " /dev/nbd0");
        }
        return lines;
    }

    private String client() {
        return address instanceof InetSocketAddress inet
                ? inet.getHostString() + " " + inet.getPort()
                : "-unix '" + address.toString().replace("'", "'\\''") + "'";
    }
}
