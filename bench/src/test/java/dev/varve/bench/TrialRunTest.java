package dev.varve.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialRunTest {
    @Test
    void figuresSurviveTheFileBetweenTwoProcesses(@TempDir Path folder) throws Exception {
        Ratio.Line ratio = new Ratio.Line("a / b", 3, 2, "us", 1.5, 1.25);
        Ratio.Line figure = new Ratio.Line("c", 7, Double.NaN, "", 7, Double.NaN);
        Path file = Files.write(folder.resolve("figures"), List.of(TrialRun.write(ratio), TrialRun.write(figure)));
        assertThat(TrialRun.read(file)).containsExactly(ratio, figure);
        assertThat(ratio.verdict()).isEqualTo("OVER");
        assertThat(figure.verdict()).isEmpty();
    }

    @Test
    void everyTrialIsFoundByItsName() {
        assertThat(Trials.all()).extracting(Trial::name).contains("VolumeIo");
        assertThat(Trials.matching(List.of())).hasSameSizeAs(Trials.all());
        assertThat(Trials.matching(List.of("VolumeIo"))).hasSize(1);
        assertThat(Trials.matching(List.of("HydratedRead"))).isEmpty();
    }
}
