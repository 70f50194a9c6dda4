package dev.varve.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code varve volume}. */
@Command(
        name = "volume",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        header = "Create, list, show, grow and delete volumes.",
        footer = {
            "",
            "Examples:",
            "  varve volume create --size 8G",
            "  varve volume grow vol-0123456789abcdef0 16G",
        })
final class VolumeGroup {
    static CommandLine commandLine(Session session) {
        return new CommandLine(new VolumeGroup())
                .addSubcommand("create", new VolumeCreateCommand(session))
                .addSubcommand("list", new VolumesCommand(session))
                .addSubcommand("show", new ShowCommand(session))
                .addSubcommand("grow", new VolumeGrowCommand(session))
                .addSubcommand("delete", new VolumeDeleteCommand(session));
    }
}
