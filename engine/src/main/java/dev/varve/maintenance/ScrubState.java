package dev.varve.maintenance;

import dev.varve.catalog.BadRecordException;
import dev.varve.catalog.Document;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How far the reading of a store's data has come, and what it has found: the record {@value #KEY}.
 *
 * @param begun when the round that is under way began; null when none is
 * @param nextPack number of the pack that it reads next
 * @param lastPack number of the last pack that it reads: what came later is the next round's
 * @param readBytes bytes of packs that it has read
 * @param ended when the last whole round ended; null when none has
 * @param endedBytes bytes of packs that it read
 * @param problemCount how much is wrong: what was known when damage was last found, or a round ended
 * @param problems the first {@value #MAX_PROBLEMS} of it
 * @param unsound packs that are damaged, {@value #MAX_UNSOUND} at most, to be looked at again
 */
public record ScrubState(
        @Nullable Instant begun,
        int nextPack,
        int lastPack,
        long readBytes,
        @Nullable Instant ended,
        long endedBytes,
        long problemCount,
        List<Problem> problems,
        Set<Integer> unsound) {
    static final String KEY = "scrub/state";
    static final int MAX_PROBLEMS = 100;
    static final int MAX_UNSOUND = 4096;

    /** Of a store that was never read. */
    static final ScrubState NONE = new ScrubState(null, 0, 0, 0, null, 0, 0, List.of(), Set.of());

    private static final int MAX_MESSAGE = 500;
    private static final int MAX_IMAGES = 20;

    /** Keeps the first of what is too much. */
    public ScrubState {
        problems = problems.stream().limit(MAX_PROBLEMS).map(ScrubState::cut).toList();
        unsound = unsound.stream().sorted().limit(MAX_UNSOUND).collect(Collectors.toUnmodifiableSet());
    }

    /** A problem as it is kept. */
    static Problem cut(Problem problem) {
        String message = problem.message();
        List<String> images = problem.imageIds();
        return new Problem(
                message.substring(0, Math.min(MAX_MESSAGE, message.length())),
                problem.owner(),
                images.subList(0, Math.min(MAX_IMAGES, images.size())),
                problem.offsetBytes(),
                problem.lengthBytes());
    }

    /** A round begins. */
    ScrubState beginning(Instant now, int last) {
        return new ScrubState(now, 0, last, 0, ended, endedBytes, problemCount, problems, unsound);
    }

    /** A pack was read. */
    ScrubState past(int pack, long bytes) {
        return new ScrubState(
                begun, pack + 1, lastPack, readBytes + bytes, ended, endedBytes, problemCount, problems, unsound);
    }

    /** The round that is under way has met damage: this is what is known to be wrong now. */
    ScrubState with(Findings found, Set<Integer> packs) {
        return new ScrubState(
                begun, nextPack, lastPack, readBytes, ended, endedBytes, found.problemCount(), found.problems(), packs);
    }

    /** All was read, and nothing is wrong but this. */
    ScrubState ended(Instant now, Findings found, Set<Integer> packs) {
        return new ScrubState(null, 0, 0, 0, now, found.dataBytes(), found.problemCount(), found.problems(), packs);
    }

    byte[] encode() {
        return new Document()
                .set("begun", begun)
                .set("nextPack", nextPack)
                .set("lastPack", lastPack)
                .set("readBytes", readBytes)
                .set("ended", ended)
                .set("endedBytes", endedBytes)
                .set("problemCount", problemCount)
                .set("problems", problems.stream().map(ScrubState::encode).toList())
                .set("unsound", unsound.stream().sorted().map(String::valueOf).collect(Collectors.joining(",")))
                .encode();
    }

    private static Document encode(Problem problem) {
        return new Document()
                .set("message", problem.message())
                .set("owner", problem.owner())
                .set("images", String.join(",", problem.imageIds()))
                .set("offset", problem.offsetBytes())
                .set("length", problem.lengthBytes());
    }

    static ScrubState decode(byte[] value) throws BadRecordException {
        Document document = Document.decode(KEY, value);
        List<Problem> problems = new ArrayList<>();
        for (Document each : document.documents("problems")) {
            String images = each.text("images");
            problems.add(new Problem(
                    each.text("message"),
                    each.optionalText("owner"),
                    images.isEmpty() ? List.of() : List.of(images.split(",")),
                    each.number("offset", 0, Long.MAX_VALUE),
                    each.number("length", 0, Long.MAX_VALUE)));
        }
        return new ScrubState(
                document.optionalInstant("begun"),
                (int) document.number("nextPack", 0, Integer.MAX_VALUE),
                (int) document.number("lastPack", 0, Integer.MAX_VALUE),
                document.number("readBytes", 0, Long.MAX_VALUE),
                document.optionalInstant("ended"),
                document.number("endedBytes", 0, Long.MAX_VALUE),
                document.number("problemCount", 0, Long.MAX_VALUE),
                problems,
                unsound(document));
    }

    private static Set<Integer> unsound(Document document) throws BadRecordException {
        String packs = document.optionalText("unsound");
        Set<Integer> unsound = new HashSet<>();
        if (packs != null && !packs.isEmpty()) {
            for (String pack : packs.split(",")) {
                try {
                    unsound.add(Integer.parseUnsignedInt(pack));
                } catch (NumberFormatException e) {
                    throw document.bad("field 'unsound' holds no pack: " + e.getMessage());
                }
            }
        }
        return unsound;
    }
}
