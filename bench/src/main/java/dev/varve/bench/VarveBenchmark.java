package dev.varve.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What all benchmarks share: the JVM flags of the launcher, and many short samples, of which the lower quartile counts
 * ({@link Scores}): what else the machine does only ever adds. So a sample is kept far shorter than a time slice, and of
 * what is too short to be timed alone many are done in one. {@code --quick} takes fewer samples.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "-XX:+IgnoreUnrecognizedVMOptions",
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Xmx1g"
        })
public abstract class VarveBenchmark {
    /** Bytes of a chunk. */
    public static final int CHUNK = 64 << 10;

    /** Bytes of a page. */
    public static final int PAGE = 4 << 10;

    /** For benchmarks only. */
    protected VarveBenchmark() {}

    /** Something that takes I/O to make. */
    public interface Opening<T> {
        /**
         * Makes it.
         *
         * @return it
         * @throws Exception when that failed
         */
        T open() throws Exception;
    }

    /** Makes a state's field: JMH wants constructors without checked exceptions. */
    public static <T> T opened(Opening<T> opening) {
        try {
            return opening.open();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
