package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.nbd.NbdExport;
import dev.varve.nbd.NbdOptions;
import dev.varve.nbd.NbdServer;
import dev.varve.nbd.NbdTls;
import dev.varve.volume.Volumes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve serve}. */
@Command(
        name = "serve",
        header = "Serve volumes, snapshots and images over NBD.",
        description = {
            "",
            "Each is an export that has its id as its name: volumes can be written to, snapshots and images",
            "only read. Ends with Ctrl-C or SIGTERM, when all that has begun is done and durable; kill -9 loses",
            "nothing that a client has flushed.",
            "",
            "What has changed since a snapshot is the metadata context qemu:dirty-bitmap:snap-... of any export,",
            "also for one that is not listed.",
            "",
            "Only you can connect to the socket. With --tcp the address has to be this machine's own, and",
            "everybody who is on it can connect. With --tls it may be any address: those can connect who show a",
            "certificate that the authority in ca-cert.pem has signed."
        },
        footer = {
            "",
            "Examples:",
            "  varve serve                                       everything, at nbd.sock in the store",
            "  varve serve --unix /tmp/disk.sock vol-0123456789abcdef0",
            "  varve serve --tcp localhost:10809",
            "  varve serve --tcp 0.0.0.0:10809 --tls certificates",
        })
final class ServeCommand implements Callable<Integer>, StaysHere {
    private static final String SOCKET = "nbd.sock";
    private static final int MAX_PORT = 65_535;

    private final Session session;

    @ArgGroup(exclusive = true)
    private @Nullable Place place;

    @Option(
            names = "--tls",
            paramLabel = "DIR",
            description = "With --tcp: a folder that has ca-cert.pem, server-cert.pem and server-key.pem.")
    private @Nullable Path certificates;

    @Parameters(
            paramLabel = "ID",
            arity = "0..*",
            description =
                    "What to serve (vol-..., snap-..., ami-...), the first also without a name; all if none is given.")
    private List<String> ids = new ArrayList<>();

    /** Where clients connect. */
    static final class Place {
        @Option(names = "--unix", paramLabel = "PATH", description = "A socket at this path; nbd.sock in the store.")
        private @Nullable Path unix;

        @Option(names = "--tcp", paramLabel = "HOST:PORT", description = "An address to listen at: localhost:10809.")
        private @Nullable String tcp;
    }

    ServeCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        SocketAddress address = address();
        NbdTls tls = certificates == null ? null : NbdTls.ofFolder(certificates);
        UntilSignal signal = session.signal();
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        StoreExports exports = new StoreExports(scope, ids);
        List<NbdExport> named = new ArrayList<>();
        for (String id : ids) {
            named.add(exports.describe(id));
        }
        session.serve();
        prepare(engine, scope.volumes(), signal);
        if (signal.hasCome()) {
            return Main.DONE;
        }
        try (NbdServer server = tls == null
                ? NbdServer.start(address, exports, NbdOptions.DEFAULT)
                : NbdServer.start(address, exports, NbdOptions.DEFAULT, tls)) {
            NbdUri uri = new NbdUri(named(server.address(), address), tls != null);
            tell(uri, named.isEmpty() ? exports.list() : named);
            signal.await();
        }
        return Main.DONE;
    }

    /** What would slow the first client down is done before it comes. */
    private void prepare(Engine engine, Volumes volumes, UntilSignal signal) throws IOException {
        engine.warmUp();
        Rehearsal.run(signal::hasCome);
        for (String id : ids) {
            if (Ids.isVolume(id)) {
                volumes.prefetch(id);
            }
        }
    }

    /** Where it listens, by the name that was given for it: clients look for the name in the server's certificate. */
    private static SocketAddress named(SocketAddress listening, SocketAddress given) {
        if (!(given instanceof InetSocketAddress inet) || !(listening instanceof InetSocketAddress found)) {
            return listening;
        }
        String host = inet.getHostString();
        if (inet.getAddress().isAnyLocalAddress()) {
            try {
                host = InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                host = "localhost"; // a machine without a name
            }
        }
        return InetSocketAddress.createUnresolved(host, found.getPort());
    }

    private SocketAddress address() {
        Place given = place;
        String tcp = given == null ? null : given.tcp;
        if (tcp == null) {
            if (certificates != null) {
                throw new BadUsage("--tls is for --tcp: only you can connect to the socket");
            }
            Path unix = given == null ? null : given.unix;
            return UnixDomainSocketAddress.of(unix == null ? session.store().resolve(SOCKET) : unix);
        }
        int colon = tcp.lastIndexOf(':');
        try {
            int port = Integer.parseInt(tcp.substring(colon + 1));
            String host = colon < 0 ? "" : tcp.substring(0, colon);
            if (port < 0 || port > MAX_PORT || host.isEmpty()) {
                throw new BadUsage("'" + tcp + "' is no HOST:PORT");
            }
            InetAddress found = InetAddress.getByName(host);
            if (certificates == null && !found.isLoopbackAddress()) {
                throw new BadUsage(
                        host + " is not this machine alone: anybody could connect; use localhost, or --tls DIR");
            }
            return new InetSocketAddress(found, port);
        } catch (NumberFormatException e) {
            throw new BadUsage("'" + tcp + "' is no HOST:PORT");
        } catch (UnknownHostException e) {
            throw new BadUsage("there is no host " + host(tcp));
        }
    }

    private static String host(String tcp) {
        return tcp.substring(0, tcp.lastIndexOf(':'));
    }

    private void tell(NbdUri uri, List<NbdExport> exports) throws IOException {
        if (session.json()) {
            session.console()
                    .print(Json.object(json -> json.text("Uri", uri.of(""))
                            .objects(
                                    "Exports",
                                    exports,
                                    (each, export) -> each.text("Name", export.name())
                                            .text("Uri", uri.of(export.name()))
                                            .number("SizeInBytes", export.sizeBytes())
                                            .flag("ReadOnly", export.isReadOnly()))));
        } else {
            Table table = new Table("EXPORT", ">SIZE", "ACCESS", "WHAT");
            for (NbdExport export : exports) {
                table.row(
                        export.name(),
                        Sizes.format(export.sizeBytes()),
                        export.isReadOnly() ? "read" : "read, write",
                        export.description());
            }
            session.console().print(table);
            if (!exports.isEmpty()) {
                uri.commands(exports.get(0)).forEach(session.console()::print);
            }
            session.console().print("Serving at " + uri.of("") + "; Ctrl-C ends it.");
        }
        session.console().flush();
    }
}
