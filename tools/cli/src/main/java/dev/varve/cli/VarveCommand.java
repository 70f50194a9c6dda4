package dev.varve.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code varve} itself: options and a list of commands. */
@Command(
        name = "varve",
        synopsisSubcommandLabel = "COMMAND",
        header = "Keeps disks as snapshots and machine images: content once, copies at once.",
        description = {
            "",
            "A disk that is imported becomes an image (ami-...) over a snapshot (snap-...). An image that is",
            "launched becomes an instance (i-...) with volumes (vol-...): disks that are written to, and of",
            "which snapshots are taken.",
            "Equal content is stored once, whichever disk it came from."
        },
        optionListHeading = "%nOptions:%n",
        commandListHeading = "%nCommands:%n",
        footer = {
            "",
            "Examples:",
            "  varve quickstart                        the whole story on a small disk",
            "  varve import debian.raw --name debian-12",
            "  varve launch ami-0123456789abcdef0",
            "  varve snapshot create vol-0123456789abcdef0",
            "  varve export ami-0123456789abcdef0 copy.raw",
            "",
            "varve COMMAND --help tells more and has examples."
        })
final class VarveCommand implements Callable<Integer> {
    @Mixin
    @SuppressWarnings("UnusedVariable") // picocli fills it
    private final GlobalOptions options;

    @Spec
    private CommandSpec spec;

    VarveCommand(GlobalOptions options) {
        this.options = options;
        spec = CommandSpec.create();
    }

    @Override
    public Integer call() {
        throw new ParameterException(new CommandLine(spec), "no command given");
    }
}
