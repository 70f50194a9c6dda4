package dev.varve.cli;

import dev.varve.nbd.NbdExport;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How clients name what is served at an address. Source: the NBD project's text on URIs. */
final class NbdUri {
    /** Where a client has its certificates, which the server can't know. */
    private static final String CERTIFICATES = "DIR";

    /** What stands for itself in every part of an address. */
    private static final String PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

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
        return address instanceof InetSocketAddress inet
                ? (isTls ? "nbds" : "nbd") + "://" + host(inet) + ":" + inet.getPort() + "/" + escaped(name)
                        + (query == null ? "" : "?" + query)
                : "nbd+unix:///" + escaped(name) + "?socket=" + escaped(address.toString());
    }

    private static String host(InetSocketAddress inet) {
        String host = inet.getHostString();
        return host.indexOf(':') < 0 ? host : "[" + host.replace("%", "%25") + "]";
    }

    /** The very bytes, so that also a shell, and QEMU's options, take none of them for their own. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (byte next : text.getBytes(StandardCharsets.UTF_8)) {
            boolean isPlain = PLAIN.indexOf(next) >= 0;
            escaped.append(isPlain ? String.valueOf((char) next) : "%%%02X".formatted(next));
        }
        return escaped.toString();
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
