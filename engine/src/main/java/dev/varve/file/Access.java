package dev.varve.file;

import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** How a file is opened. */
public enum Access {
    /** An existing file, to be read only. */
    READ(Set.of(StandardOpenOption.READ)),
    /** An existing file, to be read and written. */
    WRITE(Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE)),
    /** A file to be read and written, created empty where there is none. */
    CREATE(Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)),
    /** A file to be read and written that must not exist before. */
    CREATE_NEW(Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW));

    private final Set<OpenOption> options;

    Access(Set<OpenOption> options) {
        this.options = options;
    }

    Set<OpenOption> options() {
        return options;
    }

    /** How the same file is opened again: it exists by now. */
    Access reopening() {
        return this == READ ? READ : WRITE;
    }
}
