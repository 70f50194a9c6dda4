package dev.varve.store;

import dev.varve.chunk.ChunkKey;
import dev.varve.store.Verification.Pack;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads all that a store holds, and tells what is wrong. */
final class Verified {
    private Verified() {}

    static List<String> problems(Store store) throws IOException {
        return problems(store, Pace.FULL);
    }

    static List<String> problems(Store store, Pace pace) throws IOException {
        List<String> found = new ArrayList<>();
        VerifyReport report = new VerifyReport() {
            @Override
            public void damagedChunk(ChunkKey key, String problem) {
                found.add(key + " " + problem);
            }

            @Override
            public void damage(String problem) {
                found.add(problem);
            }
        };
        Verification verification = store.verification();
        Set<Integer> unsound = new HashSet<>();
        for (Pack pack : verification.packs()) {
            if (!verification.isSound(pack.number(), pace)) {
                unsound.add(pack.number());
            }
        }
        verification.findLost(unsound, report, pace);
        verification.checkFiles(report);
        return found;
    }
}
