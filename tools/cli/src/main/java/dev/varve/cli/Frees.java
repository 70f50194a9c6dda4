package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.FreedSpace;
import java.io.IOException;
import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a deletion frees: asked before it, said after it. */
final class Frees {
    /** A server looks once a minute. */
    private static final long ROUND_MINUTES = 1;

    private final boolean isServed;
    private final @Nullable FreedSpace space;

    private Frees(boolean isServed, @Nullable FreedSpace space) {
        this.isServed = isServed;
        this.space = space;
    }

    /** Of what is to be deleted; a store in which that can't be told lets it be deleted all the same. */
    static Frees of(Session session, Engine engine, Collection<String> ids) {
        FreedSpace space = null;
        try {
            space = engine.freedBy(ids).orElse(null);
        } catch (IOException e) {
            // The deletion says what is wrong, if it is in its way.
        }
        return new Frees(session.isServed(), space);
    }

    /** To be put behind what was done to something that can be restored. */
    String text() {
        return text(2);
    }

    /**
     * To be put behind what was done.
     *
     * @param graces times of grace until a server gives the room back: one in which it can be restored, one until it is dropped
     */
    String text(int graces) {
        if (space == null) {
            return "varve gc --dry-run tells what becomes free";
        }
        if (space.bytes() == 0) {
            return "no space becomes free";
        }
        return prefix(space.precision()) + Sizes.format(space.bytes()) + " become free "
                + (isServed
                        ? "within " + graces * (Engine.DEFAULT_GRACE.toMinutes() + ROUND_MINUTES) + " minutes, or "
                        : "")
                + "with varve gc --now";
    }

    private static String prefix(FreedSpace.Precision precision) {
        return switch (precision) {
            case EXACT -> "";
            case ESTIMATE -> "about ";
            case AT_MOST -> "at most ";
        };
    }

    private static String word(FreedSpace.Precision precision) {
        return precision.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Members of a document; none when it is not known. */
    Json json(Json json) throws IOException {
        return space == null
                ? json
                : json.number("FreedBytes", space.bytes()).text("FreedBytesPrecision", word(space.precision()));
    }
}
