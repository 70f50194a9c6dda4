package dev.varve.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code varve snapshot}. */
@Command(
        name = "snapshot",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        header = "List, show and delete snapshots.",
        footer = {
            "",
            "Examples:",
            "  varve snapshot list",
            "  varve snapshot delete snap-0123456789abcdef0",
        })
final class SnapshotGroup {
    static CommandLine commandLine(Session session) {
        return new CommandLine(new SnapshotGroup())
                .addSubcommand("list", new SnapshotsCommand(session))
                .addSubcommand("show", new ShowCommand(session))
                .addSubcommand("delete", new SnapshotDeleteCommand(session));
    }
}
