package dev.varve.bench;

/**
 * A benchmark that measures courses of things, rather than one operation: it takes the baseline and ours in turn within one
 * process, so that what else the machine does falls on both. {@link Main} runs each in a JVM of its own, and finds them as
 * {@link java.util.ServiceLoader} does. JMH has those that measure an operation.
 */
public interface Trial {
    /**
     * What it is called in {@code bench/run NAME}.
     *
     * @return the class's name without {@code Benchmark}
     */
    default String name() {
        return getClass().getSimpleName().replace("Benchmark", "");
    }

    /**
     * Measures.
     *
     * @param run says how much, and takes the figures
     * @throws Exception when something failed: there is no figure then
     */
    void run(TrialRun run) throws Exception;
}
