package dev.varve.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code varve snapshot}. */
@Command(
        name = "snapshot",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        header = "Create, list, show and delete snapshots.",
        footer = {
            "",
            "Examples:",
            "  varve snapshot create vol-0123456789abcdef0",
            "  varve snapshot list",
            "  varve snapshot delete snap-0123456789abcdef0",
        })
final class SnapshotGroup {
    static CommandLine commandLine(Session session) {
        return new CommandLine(new SnapshotGroup())
                .addSubcommand("create", new SnapshotCreateCommand(session))
                .addSubcommand("list", new SnapshotsCommand(session))
                .addSubcommand("show", new ShowCommand(session))
                .addSubcommand("delete", new SnapshotDeleteCommand(session));
    }
}
