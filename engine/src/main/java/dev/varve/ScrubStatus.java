package dev.varve;

import dev.varve.maintenance.ScrubState;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a store's data from reading all of it, in the background or by a check: kept in the store.
 *
 * @param begun when the round began that is under way in the background; null when none is
 * @param readBytes bytes of data files that it has read
 * @param ended when all data was read last; null when that was never
 * @param endedBytes bytes of data files that were read then
 * @param problemCount how much is wrong, as far as is known
 * @param problems the first of it, 100 at most
 */
public record ScrubStatus(
        @Nullable Instant begun,
        long readBytes,
        @Nullable Instant ended,
        long endedBytes,
        long problemCount,
        List<CheckProblem> problems) {
    /** Makes the list unchangeable. */
    public ScrubStatus {
        problems = List.copyOf(problems);
    }

    static ScrubStatus of(ScrubState state) {
        return new ScrubStatus(
                state.begun(),
                state.readBytes(),
                state.ended(),
                state.endedBytes(),
                state.problemCount(),
                CheckProblem.of(state.problems()));
    }
}
