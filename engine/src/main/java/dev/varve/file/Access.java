package dev.varve.file;

import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Set;

/** How a file is opened. */
public enum Access {
    /** An existing file, to be read only. */
    READ,
    /** An existing file, to be read and written. */
    WRITE,
    /** A file to be read and written, created empty where there is none. */
    CREATE,
    /** A file to be read and written that must not exist before. */
    CREATE_NEW;

    Set<StandardOpenOption> options() {
        Set<StandardOpenOption> options = EnumSet.of(StandardOpenOption.READ);
        if (this != READ) {
            options.add(StandardOpenOption.WRITE);
        }
        if (this == CREATE) {
            options.add(StandardOpenOption.CREATE);
        } else if (this == CREATE_NEW) {
            options.add(StandardOpenOption.CREATE_NEW);
        }
        return options;
    }

    /** How the same file is opened again: it exists by now. */
    Access reopening() {
        return this == READ ? READ : WRITE;
    }
}
