package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MainTest {
    @ParameterizedTest
    @ValueSource(strings = {"--version", "-V"})
    void theVersionIsOneLine(String option) {
        Run run = Run.of(option);
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("varve ").endsWith("\n").hasLineCount(1);
        assertThat(run.err()).isEmpty();
    }

    @Test
    void helpListsEveryCommandAndEveryCommandHasHelpWithExamples() {
        Run help = Run.of("--help");
        assertThat(help.code()).isZero();
        for (String command : Commands.names()) {
            assertThat(help.out()).containsPattern("(?m)^  " + command + "\\b");
            Run own = Run.of(command, "--help");
            assertThat(own.code()).isZero();
            assertThat(own.out()).contains("Usage: varve ").contains("Examples:\n  ");
        }
    }

    @Test
    void everyCommandOfAGroupHasHelpWithExamples() {
        CommandLine all = Commands.all(new Session(
                new GlobalOptions(),
                new LocalCaller(
                        InputStream.nullInputStream(),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        () -> false),
                null));
        List<CommandLine> groups = all.getSubcommands().values().stream()
                .filter(each -> !each.getSubcommands().isEmpty())
                .toList();
        assertThat(groups).hasSize(4);
        for (CommandLine group : groups) {
            for (String command : group.getSubcommands().keySet()) {
                Run own = Run.of(group.getCommandName(), command, "--help");
                assertThat(own.code()).isZero();
                assertThat(own.out()).contains("Usage: varve " + group.getCommandName() + " ", "Examples:\n  ");
            }
        }
    }

    @Test
    void badUsageIsOneLineAndExitCode2() {
        assertUsage(Run.of(), "no command given; see varve --help");
        assertUsage(Run.of("imprt", "disk"), "'imprt' is not a command; did you mean import or ");
        assertUsage(Run.of("completion"), "SHELL");
        assertUsage(Run.of("completion", "tcsh"), "bash, zsh");
        assertUsage(Run.of("completion", "bash", "--colour"), "--colour");
        assertUsage(Run.of("completion", "bash", "extra"), "extra");
        assertUsage(Run.of("--store"), "--store");
    }

    private static void assertUsage(Run run, String words) {
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.err())
                .startsWith("varve: ")
                .endsWith(" --help\n")
                .contains(words)
                .hasLineCount(1);
        assertThat(run.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh"})
    void completionIsAScriptThatKnowsTheCommands(String shell) {
        Run run = Run.of("completion", shell);
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("complete -F _complete_varve")
                .contains("quickstart")
                .contains("--store");
    }

    @Test
    void outputThatCanNotBeWrittenIsAFailure() {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(new String[] {"--version"}, new ByteArrayInputStream(new byte[0]), full, err);
        assertThat(code).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("varve: standard output: No space left on device; free some space and run it again\n");
    }
}
