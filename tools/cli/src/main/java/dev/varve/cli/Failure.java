package dev.varve.cli;

/** Something that did not work, in one line: what it is about, what is wrong, what to do. Exit code 1. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A failure to do with one thing: a path, an id. */
    Failure(Object subject, String problem) {
        super(subject + ": " + problem);
    }

    /** The same, with what it came from. */
    Failure(Object subject, String problem, Throwable cause) {
        super(subject + ": " + problem, cause);
    }
}
