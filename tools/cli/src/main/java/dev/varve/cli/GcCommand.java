package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.GarbageReport;
import dev.varve.GarbageReport.Amount;
import dev.varve.SpaceReport;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code varve gc}. */
@Command(
        name = "gc",
        header = "Give back the space of what no image, snapshot or volume needs any more.",
        description = {
            "",
            "What was deleted is kept for a time of grace, in which varve restore brings it back. What is not needed then"
                    + " is condemned first, and dropped by a later run, after a time of grace. Whatever needs it meanwhile"
                    + " brings it back. Images, snapshots and volumes are never touched. A store that is served does this by"
                    + " itself.",
        },
        footer = {
            "",
            "Examples:",
            "  varve gc --dry-run        what would become free, and who holds the rest",
            "  varve gc                  condemn, and drop what was condemned 10 minutes ago or earlier",
            "  varve gc --now            give up what was deleted, condemn and drop at once, as on a full disk",
        })
final class GcCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "--dry-run",
            description = "Change nothing, and say what would be condemned and dropped, and who holds the rest.")
    private boolean dryRun;

    @Option(
            names = "--now",
            description =
                    "Leave no time of grace: what was deleted can't be restored any more, and what is condemned is dropped in"
                            + " the same run.")
    private boolean now;

    @Option(
            names = "--grace",
            paramLabel = "TIME",
            converter = Time.class,
            description =
                    "For how long what was deleted can be restored, and what is condemned stays: 90s, 10m, 2h or 1d; if"
                            + " not given, 10m.")
    private @Nullable Duration grace;

    GcCommand(Session session) {
        this.session = session;
    }

    /** A number and a unit. */
    static final class Time implements ITypeConverter<Duration> {
        private static final Pattern FORM = Pattern.compile("(\\d{1,6})([smhd])");

        @Override
        public Duration convert(String text) {
            Matcher form = FORM.matcher(text.toLowerCase(Locale.ROOT));
            if (!form.matches()) {
                throw new TypeConversionException("'" + text + "' is no time, such as 90s, 10m, 2h or 1d");
            }
            long count = Long.parseLong(form.group(1));
            return switch (form.group(2)) {
                case "s" -> Duration.ofSeconds(count);
                case "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                default -> Duration.ofDays(count);
            };
        }
    }

    @Override
    public Integer call() throws IOException {
        if (now && grace != null) {
            throw new BadUsage("--now leaves no time of grace; give --grace or --now");
        }
        Duration given = grace == null ? Engine.DEFAULT_GRACE : grace;
        Duration used = now ? Duration.ZERO : given;
        Engine engine = session.open();
        GarbageReport report = engine.collectGarbage(used, dryRun);
        if (now && !dryRun) {
            report = report.then(engine.collectGarbage(used, false));
        }
        SpaceReport space = dryRun ? session.space(engine) : null;
        if (session.json()) {
            printDocument(report, space);
        } else {
            printForPeople(report, used);
            if (space != null) {
                printHolders(space, Lists.names(session.scope(engine)));
            }
        }
        return Main.DONE;
    }

    private void printHolders(SpaceReport space, Map<String, String> names) {
        Console console = session.console();
        console.print("");
        console.print(SpaceText.largest(space, names));
        int more = space.byUnique().size() - SpaceText.MAX_ROWS;
        if (more > 0) {
            console.print("... and " + more + " more: varve stats --by-owner");
        }
        console.print("");
        SpaceText.totals(space).forEach(console::print);
    }

    private void printForPeople(GarbageReport report, Duration used) {
        Console console = session.console();
        if (report.forgotten() > 0) {
            console.print((dryRun ? "Would forget " : "Forgot      ")
                    + report.forgotten()
                    + (report.forgotten() == 1 ? " deleted thing" : " deleted things")
                    + (dryRun ? ", which could not be restored any more" : ", which can't be restored any more"));
        }
        console.print("Needed      " + text(report.needed()) + ", by " + report.roots()
                + (report.roots() == 1 ? " disk" : " disks"));
        if (report.kept().chunks() + report.kept().nodes() > 0) {
            console.print("At work     " + text(report.kept()) + ", which writers have put or found");
        }
        if (dryRun) {
            console.print("Would go    " + text(report.dropped()) + ", condemned before");
            console.print("Not needed  " + text(report.condemned()) + " more, which would "
                    + (now ? "go, too" : "be condemned"));
        } else {
            console.print("Dropped     " + text(report.dropped()));
            if (!now) {
                console.print("Condemned   " + text(report.condemned())
                        + (report.condemned().chunks() == 0
                                ? ""
                                : "; dropped by a gc after "
                                        + Times.forPeople(Instant.now().plus(used)) + " UTC, or by gc --now"));
            }
        }
        if (report.waiting().chunks() > 0) {
            console.print("Waiting     " + text(report.waiting()) + ", condemned before");
        }
        if (report.broughtBack().chunks() + report.broughtBack().nodes() > 0) {
            console.print("Brought back " + text(report.broughtBack())
                    + ", which were condemned and are needed; varve check tells whether all is well");
        }
        if (!dryRun) {
            console.print("Files       " + report.packs() + " deleted, of " + Sizes.format(report.packBytes()) + "; "
                    + Sizes.format(report.movedBytes()) + " of them copied");
        }
    }

    private static String text(Amount amount) {
        return amount.chunks() + (amount.chunks() == 1 ? " chunk, " : " chunks, ") + Sizes.format(amount.chunkBytes());
    }

    private void printDocument(GarbageReport report, @Nullable SpaceReport space) throws IOException {
        session.console()
                .print(Json.object(json -> json.number("Forgotten", report.forgotten())
                        .number("Disks", report.roots())
                        .object("Needed", part -> print(part, report.needed()))
                        .object("AtWork", part -> print(part, report.kept()))
                        .object("Condemned", part -> print(part, report.condemned()))
                        .object("Waiting", part -> print(part, report.waiting()))
                        .object("Dropped", part -> print(part, report.dropped()))
                        .object("BroughtBack", part -> print(part, report.broughtBack()))
                        .number("DeletedPacks", report.packs())
                        .number("DeletedPackBytes", report.packBytes())
                        .number("CopiedBytes", report.movedBytes())
                        .object("Space", space == null ? null : part -> SpaceText.json(part, space))));
    }

    private static void print(Json json, Amount amount) throws IOException {
        json.number("Chunks", amount.chunks())
                .number("ChunkBytes", amount.chunkBytes())
                .number("Nodes", amount.nodes())
                .number("NodeBytes", amount.nodeBytes());
    }
}
