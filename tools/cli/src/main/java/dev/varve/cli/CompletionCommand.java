package dev.varve.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code varve completion}. */
@Command(
        name = "completion",
        header = "Print a script that completes commands and options in bash or zsh.",
        footer = {
            "",
            "Examples:",
            "  source <(varve completion bash)",
            "  varve completion zsh >> ~/.zshrc",
        })
final class CompletionCommand implements Runnable, StaysHere {
    /** The shells there is a script for: one serves both, as zsh loads bash's completion. */
    enum Shell {
        bash,
        zsh
    }

    private final Session session;

    @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
    @SuppressWarnings("UnusedVariable") // one script serves both: it asks which shell reads it
    private Shell shell = Shell.bash;

    CompletionCommand(Session session) {
        this.session = session;
    }

    @Override
    public void run() {
        session.console()
                .print(AutoComplete.bash("varve", Commands.all(session)).stripTrailing());
    }
}
