package dev.varve.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    private static final long GIB = 1L << 30;
    private static final long SECOND = 1_000_000_000;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(written, true, StandardCharsets.UTF_8);
    private final AtomicLong clock = new AtomicLong();

    @Test
    void nothingIsWrittenWhereNobodyWatches() {
        try (ProgressBar bar = new ProgressBar(err, false, () -> {}, "importing", clock::get)) {
            clock.set(SECOND);
            bar.progress(GIB, 8 * GIB);
        }
        assertThat(written.size()).isZero();
    }

    @Test
    void theLineTellsBytesRateAndTimeLeft() {
        try (ProgressBar bar = new ProgressBar(err, true, () -> {}, "importing", clock::get)) {
            clock.set(2 * SECOND);
            bar.progress(2 * GIB, 8 * GIB);
            assertThat(text()).isEqualTo("\r\033[Kimporting [###           ]  25%  2 GiB  1 GiB/s  0:06 left");
        }
        assertThat(text()).endsWith("\r\033[K");
    }

    @Test
    void aTotalThatIsNotKnownIsNotShown() {
        try (ProgressBar bar = new ProgressBar(err, true, () -> {}, "importing", clock::get)) {
            clock.set(SECOND);
            bar.progress(GIB, -1);
            assertThat(text()).isEqualTo("\r\033[Kimporting  1 GiB  1 GiB/s");
        }
    }

    @Test
    void theLineIsRewrittenTenTimesASecondAtMost() {
        try (ProgressBar bar = new ProgressBar(err, true, () -> {}, "importing", clock::get)) {
            for (int i = 1; i <= 1000; i++) {
                clock.set(i * SECOND / 1000);
                bar.progress(i, GIB);
            }
        }
        assertThat(text().split("importing", -1)).hasSize(11);
    }

    @Test
    void theLongestLineFitsATerminal() {
        try (ProgressBar bar =
                new ProgressBar(err, true, () -> {}, "importing a-file-with-a-long-name.raw", clock::get)) {
            clock.set(3 * SECOND);
            bar.progress(1023 << 20, 64L << 40);
        }
        assertThat(text().split("\033\\[K", -1)[1])
                .startsWith("importing a-file-...")
                .endsWith(" left\r")
                .hasSizeLessThan(81);
    }

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }
}
