package dev.varve.cli;

/** Arguments that make no sense together or by themselves. Exit code 2. */
final class BadUsage extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadUsage(String problem) {
        super(problem);
    }
}
