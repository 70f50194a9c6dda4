package dev.varve.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code varve instance}. */
@Command(
        name = "instance",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        header = "Launch, list, show and terminate instances.",
        footer = {
            "",
            "Examples:",
            "  varve instance list",
            "  varve instance terminate i-0123456789abcdef0",
        })
final class InstanceGroup {
    static CommandLine commandLine(Session session) {
        return new CommandLine(new InstanceGroup())
                .addSubcommand("launch", new LaunchCommand(session))
                .addSubcommand("list", new InstancesCommand(session))
                .addSubcommand("show", new ShowCommand(session))
                .addSubcommand("terminate", new InstanceTerminateCommand(session));
    }
}
