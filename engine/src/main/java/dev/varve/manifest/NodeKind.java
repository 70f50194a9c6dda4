package dev.varve.manifest;

import org.jspecify.annotations.Nullable;

/** Which of a manifest's two trees a node belongs to; every node of a tree carries its kind. */
public enum NodeKind {
    /** Key: block; value: chunk id. */
    CONTENT(1),
    /** Key: 512 KiB block; value: {@link WriterStamp}. */
    WRITERS(2);

    private final int code;

    NodeKind(int code) {
        this.code = code;
    }

    /** The byte that stands for the kind in a node. */
    int code() {
        return code;
    }

    /** The kind that a byte stands for; null when there is none. */
    static @Nullable NodeKind of(byte code) {
        return code == CONTENT.code ? CONTENT : code == WRITERS.code ? WRITERS : null;
    }
}
