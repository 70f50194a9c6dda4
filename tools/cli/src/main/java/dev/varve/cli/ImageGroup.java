package dev.varve.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code varve image}. */
@Command(
        name = "image",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        header = "List, show and deregister images.",
        footer = {
            "",
            "Examples:",
            "  varve image list",
            "  varve image deregister ami-0123456789abcdef0",
        })
final class ImageGroup {
    static CommandLine commandLine(Session session) {
        return new CommandLine(new ImageGroup())
                .addSubcommand("list", new ImagesCommand(session))
                .addSubcommand("show", new ShowCommand(session))
                .addSubcommand("deregister", new ImageDeregisterCommand(session));
    }
}
