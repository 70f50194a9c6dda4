package dev.varve.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The fixed newstyle handshake: the server says hello, the client sends options, and the one that names an export ends it.
 *
 * <pre>
 * server  NBDMAGIC 8   IHAVEOPT 8   flags 2
 * client  flags 4, and options:  IHAVEOPT 8   option 4   length 4   data
 * server  replies to options:    0x3e889045565a9 8   option 4   kind 4   length 4   data
 * </pre>
 *
 * No disk is opened before an option names it that is right in all its parts. Where there are certificates for TLS the mode
 * is what the protocol calls FORCEDTLS: before the client has asked for TLS it is told of nothing else, and what it has agreed
 * on before, or sent ahead, counts for nothing after.
 */
final class Negotiation {
    private static final int MAX_OPTION_BYTES = 64 << 10;

    /** Of an option that is too long: so much is read past, so that the client can be told. */
    private static final long MAX_DROPPED_BYTES = 1 << 20;

    /** Of one connection: each costs a look at the disk, and room, whenever the state of a range is asked for. */
    private static final int MAX_CONTEXTS = 16;

    private static final int EXPORT_NAME_ZEROS = 124;
    private static final int MIN_BLOCK_BYTES = 1;
    private static final int PREFERRED_BLOCK_BYTES = 4096;
    private static final int MAX_TEXT_BYTES = 1024;

    private final Link link;
    private final @Nullable TlsLink tls;
    private final Incoming in;
    private final OpenExports exports;
    private final BooleanSupplier closing;

    private boolean zeroes = true;
    private boolean isStructured;
    private List<MetaContext> contexts = List.of();

    /** What the contexts were selected for. */
    private @Nullable String contextsOf;

    Negotiation(Link link, Incoming in, OpenExports exports, BooleanSupplier closing) {
        this.link = link;
        tls = link instanceof TlsLink with ? with : null;
        this.in = in;
        this.exports = exports;
        this.closing = closing;
    }

    /**
     * Runs it to its end.
     *
     * @return what was agreed on, with a disk that the caller has to leave; null when the client has left or was sent away
     * @throws IOException when what came was no handshake, or nothing more
     */
    @Nullable
    Session run() throws IOException {
        send(ByteBuffer.allocate(18)
                .putLong(Protocol.NBDMAGIC)
                .putLong(Protocol.IHAVEOPT)
                .putShort((short) (Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES)));
        if (!in.await(Integer.BYTES)) {
            return null;
        }
        int flags = in.readInt();
        if ((flags & ~(Protocol.FLAG_FIXED_NEWSTYLE | Protocol.FLAG_NO_ZEROES)) != 0) {
            throw new IOException("client flags 0x" + Integer.toHexString(flags) + " are not known");
        }
        if (needsTls() && (flags & Protocol.FLAG_FIXED_NEWSTYLE) == 0) {
            throw new IOException("a client that can't ask for TLS");
        }
        zeroes = (flags & Protocol.FLAG_NO_ZEROES) == 0;
        while (in.await(Long.BYTES + 2 * Integer.BYTES)) {
            long magic = in.readLong();
            if (magic != Protocol.IHAVEOPT) {
                throw new IOException("no option, but 0x" + Long.toHexString(magic));
            }
            int option = in.readInt();
            long length = Integer.toUnsignedLong(in.readInt());
            if (option == Protocol.OPT_ABORT) {
                in.drop(Math.min(length, in.available()));
                reply(option, Protocol.REP_ACK, ByteBuffer.allocate(0));
                return null;
            }
            if (option == Protocol.OPT_EXPORT_NAME) {
                return exportName(length);
            }
            Session session = option(option, length);
            if (session != null) {
                return session;
            }
        }
        return null;
    }

    private boolean needsTls() {
        return tls != null && !tls.isSecured();
    }

    private @Nullable Session option(int option, long length) throws IOException {
        if (length > MAX_DROPPED_BYTES) {
            throw new IOException("an option of " + length + " bytes");
        }
        if (needsTls() && option != Protocol.OPT_STARTTLS) {
            in.drop(length);
            error(option, Protocol.REP_ERR_TLS_REQD, "this server speaks TLS only");
            return null;
        }
        if (length > MAX_OPTION_BYTES) {
            in.drop(length);
            refuseLong(option, length);
            return null;
        }
        byte[] bytes = new byte[(int) length];
        in.read(bytes);
        OptionData data = new OptionData(bytes);
        if (closing.getAsBoolean()) {
            error(option, Protocol.REP_ERR_SHUTDOWN, "the server is about to end");
            return null;
        }
        try {
            switch (option) {
                case Protocol.OPT_LIST -> list(data);
                case Protocol.OPT_INFO, Protocol.OPT_GO -> {
                    return infoOrGo(option, data);
                }
                case Protocol.OPT_STRUCTURED_REPLY -> {
                    data.end();
                    isStructured = true;
                    acknowledge(option);
                }
                case Protocol.OPT_LIST_META_CONTEXT -> listContexts(data);
                case Protocol.OPT_SET_META_CONTEXT -> setContexts(data);
                case Protocol.OPT_STARTTLS -> startTls(data);
                default -> error(option, Protocol.REP_ERR_UNSUP, "option " + option + " is not known here");
            }
        } catch (OptionData.Refused e) {
            error(option, e.reply(), String.valueOf(e.getMessage()));
        }
        return null;
    }

    private void startTls(OptionData data) throws IOException, OptionData.Refused {
        data.end();
        TlsLink with = tls;
        if (with == null) {
            throw new OptionData.Refused(Protocol.REP_ERR_POLICY, "this server has no certificate for TLS");
        }
        if (with.isSecured()) {
            throw new OptionData.Refused(Protocol.REP_ERR_INVALID, "this is TLS already");
        }
        if (in.available() > 0) {
            throw new IOException(in.available() + " bytes came ahead of TLS"); // anybody may have put them there
        }
        acknowledge(Protocol.OPT_STARTTLS);
        with.startTls();
        isStructured = false;
        selectNone();
    }

    private void refuseLong(int option, long length) throws IOException {
        if (option != Protocol.OPT_LIST && (option < Protocol.OPT_STARTTLS || option > Protocol.OPT_SET_META_CONTEXT)) {
            error(option, Protocol.REP_ERR_UNSUP, "option " + option + " is not known here");
            return;
        }
        if (option == Protocol.OPT_SET_META_CONTEXT) {
            selectNone();
        }
        error(option, Protocol.REP_ERR_TOO_BIG, length + " bytes are too many for an option");
    }

    /** The option of old, which has no reply but the export itself. */
    private Session exportName(long length) throws IOException {
        if (needsTls()) {
            throw new IOException("an export was asked for before TLS");
        }
        if (length > Protocol.MAX_STRING_BYTES) {
            throw new IOException("a name of " + length + " bytes");
        }
        byte[] bytes = new byte[(int) length];
        in.read(bytes);
        String name;
        try {
            name = new OptionData(bytes).readAll();
        } catch (OptionData.Refused e) {
            throw new IOException("a name that is none", e);
        }
        NbdExport export = closing.getAsBoolean() ? null : exports.source().find(name);
        if (export == null) {
            throw new IOException("no export has the name that was asked for");
        }
        Session session = enter(export);
        boolean told = false;
        try {
            ByteBuffer reply = ByteBuffer.allocate(Long.BYTES + Short.BYTES + (zeroes ? EXPORT_NAME_ZEROS : 0))
                    .putLong(session.sizeBytes())
                    .putShort((short) session.transmissionFlags());
            send(reply.position(reply.capacity()));
            told = true;
            return session;
        } finally {
            if (!told) {
                session.disk().leave();
            }
        }
    }

    private Session enter(NbdExport export) throws IOException {
        boolean own = export.name().equals(contextsOf);
        OpenExports.Disk disk = exports.enter(export);
        boolean done = false;
        try {
            Session session = new Session(
                    disk,
                    disk.device(),
                    disk.device().sizeBytes(),
                    isStructured,
                    own ? contexts : List.<MetaContext>of());
            done = true;
            return session;
        } finally {
            if (!done) {
                disk.leave();
            }
        }
    }

    private void list(OptionData data) throws IOException, OptionData.Refused {
        data.end();
        for (NbdExport export : list()) {
            byte[] name = export.name().getBytes(StandardCharsets.UTF_8);
            ByteBuffer text = WireText.of(export.description(), Protocol.MAX_STRING_BYTES);
            ByteBuffer reply = ByteBuffer.allocate(Integer.BYTES + name.length + text.remaining())
                    .putInt(name.length)
                    .put(name)
                    .put(text);
            reply(Protocol.OPT_LIST, Protocol.REP_SERVER, reply.flip());
        }
        acknowledge(Protocol.OPT_LIST);
    }

    private @Nullable Session infoOrGo(int option, OptionData data) throws IOException, OptionData.Refused {
        String name = data.readString();
        int count = data.readShort();
        boolean[] wanted = new boolean[Protocol.INFO_BLOCK_SIZE + 1];
        for (int i = 0; i < count; i++) {
            int info = data.readShort();
            if (info < wanted.length) {
                wanted[info] = true;
            }
        }
        data.end();
        NbdExport export = find(name);
        if (export == null) {
            error(option, Protocol.REP_ERR_UNKNOWN, "no export has this name");
            return null;
        }
        if (option == Protocol.OPT_INFO) {
            inform(
                    option,
                    export,
                    wanted,
                    export.sizeBytes(),
                    Session.transmissionFlags(export.isReadOnly(), isStructured));
            acknowledge(option);
            return null;
        }
        Session session;
        try {
            session = enter(export);
        } catch (IOException | RuntimeException e) {
            error(option, Protocol.REP_ERR_POLICY, String.valueOf(e.getMessage()));
            return null;
        }
        boolean told = false;
        try {
            inform(option, export, wanted, session.sizeBytes(), session.transmissionFlags());
            acknowledge(option);
            told = true;
            return session;
        } finally {
            if (!told) {
                session.disk().leave();
            }
        }
    }

    private void inform(int option, NbdExport export, boolean[] wanted, long sizeBytes, int flags) throws IOException {
        info(
                option,
                ByteBuffer.allocate(12)
                        .putShort((short) Protocol.INFO_EXPORT)
                        .putLong(sizeBytes)
                        .putShort((short) flags));
        if (wanted[Protocol.INFO_NAME]) {
            info(option, text(Protocol.INFO_NAME, export.name()));
        }
        if (wanted[Protocol.INFO_DESCRIPTION]) {
            info(option, text(Protocol.INFO_DESCRIPTION, export.description()));
        }
        if (wanted[Protocol.INFO_BLOCK_SIZE]) {
            info(
                    option,
                    ByteBuffer.allocate(14)
                            .putShort((short) Protocol.INFO_BLOCK_SIZE)
                            .putInt(MIN_BLOCK_BYTES)
                            .putInt(PREFERRED_BLOCK_BYTES)
                            .putInt(Protocol.MAX_PAYLOAD_BYTES));
        }
    }

    private static ByteBuffer text(int info, String text) {
        ByteBuffer bytes = WireText.of(text, Protocol.MAX_STRING_BYTES);
        return ByteBuffer.allocate(Short.BYTES + bytes.remaining())
                .putShort((short) info)
                .put(bytes);
    }

    private void info(int option, ByteBuffer info) throws IOException {
        reply(option, Protocol.REP_INFO, info.flip());
    }

    private void listContexts(OptionData data) throws IOException, OptionData.Refused {
        requireStructured();
        NbdExport export = find(data.readString());
        List<String> queries = data.readQueries();
        if (export == null) {
            error(Protocol.OPT_LIST_META_CONTEXT, Protocol.REP_ERR_UNKNOWN, "no export has this name");
            return;
        }
        for (MetaContext context : listed(export.contexts(), queries)) {
            context(Protocol.OPT_LIST_META_CONTEXT, 0, context);
        }
        acknowledge(Protocol.OPT_LIST_META_CONTEXT);
    }

    private void setContexts(OptionData data) throws IOException, OptionData.Refused {
        selectNone();
        requireStructured();
        NbdExport export = find(data.readString());
        List<String> queries = data.readQueries();
        if (export == null) {
            error(Protocol.OPT_SET_META_CONTEXT, Protocol.REP_ERR_UNKNOWN, "no export has this name");
            return;
        }
        List<MetaContext> selected = found(export.contexts(), queries);
        if (selected.size() > MAX_CONTEXTS) {
            throw new OptionData.Refused(
                    Protocol.REP_ERR_TOO_BIG, selected.size() + " contexts; " + MAX_CONTEXTS + " can be selected");
        }
        for (int i = 0; i < selected.size(); i++) {
            context(Protocol.OPT_SET_META_CONTEXT, i + 1, selected.get(i));
        }
        acknowledge(Protocol.OPT_SET_META_CONTEXT);
        contexts = selected;
        contextsOf = export.name();
    }

    /** Those that queries mean: by whole names, or all that begin with one that ends in a colon. */
    private static List<MetaContext> listed(MetaContexts contexts, List<String> queries) throws OptionData.Refused {
        try {
            boolean wantsMany = queries.isEmpty() || queries.stream().anyMatch(query -> query.endsWith(":"));
            Set<MetaContext> meant = new LinkedHashSet<>();
            for (MetaContext context : wantsMany ? contexts.list() : List.<MetaContext>of()) {
                if (queries.isEmpty()
                        || queries.stream()
                                .anyMatch(query ->
                                        query.endsWith(":") && context.name().startsWith(query))) {
                    meant.add(context);
                }
            }
            meant.addAll(found(contexts, queries));
            return List.copyOf(meant);
        } catch (IOException | RuntimeException e) {
            throw unanswered(e);
        }
    }

    /** Those that have one of the names. */
    private static List<MetaContext> found(MetaContexts contexts, List<String> names) throws OptionData.Refused {
        Set<MetaContext> found = new LinkedHashSet<>();
        try {
            for (String name : names) {
                MetaContext context = contexts.find(name);
                if (context != null) {
                    found.add(context);
                }
            }
        } catch (IOException | RuntimeException e) {
            throw unanswered(e);
        }
        return List.copyOf(found);
    }

    private void selectNone() {
        contexts = List.of();
        contextsOf = null;
    }

    private void requireStructured() throws OptionData.Refused {
        if (!isStructured) {
            throw new OptionData.Refused(Protocol.REP_ERR_INVALID, "structured replies come first");
        }
    }

    private void context(int option, int id, MetaContext context) throws IOException {
        byte[] name = context.name().getBytes(StandardCharsets.UTF_8);
        reply(
                option,
                Protocol.REP_META_CONTEXT,
                ByteBuffer.allocate(Integer.BYTES + name.length)
                        .putInt(id)
                        .put(name)
                        .flip());
    }

    /** Asks for a disk; that nobody can say is told, and the handshake goes on. */
    private @Nullable NbdExport find(String name) throws OptionData.Refused {
        try {
            return exports.source().find(name);
        } catch (IOException | RuntimeException e) {
            throw unanswered(e);
        }
    }

    private List<NbdExport> list() throws OptionData.Refused {
        try {
            return exports.source().list();
        } catch (IOException | RuntimeException e) {
            throw unanswered(e);
        }
    }

    private static OptionData.Refused unanswered(Exception e) {
        return new OptionData.Refused(Protocol.REP_ERR_POLICY, String.valueOf(e.getMessage()));
    }

    private void acknowledge(int option) throws IOException {
        reply(option, Protocol.REP_ACK, ByteBuffer.allocate(0));
    }

    private void error(int option, int kind, String text) throws IOException {
        reply(option, kind, WireText.of(text, MAX_TEXT_BYTES));
    }

    private void reply(int option, int kind, ByteBuffer data) throws IOException {
        send(ByteBuffer.allocate(Long.BYTES + 3 * Integer.BYTES + data.remaining())
                .putLong(Protocol.REPLY_MAGIC)
                .putInt(option)
                .putInt(kind)
                .putInt(data.remaining())
                .put(data));
    }

    private void send(ByteBuffer full) throws IOException {
        link.write(full.flip());
    }
}
