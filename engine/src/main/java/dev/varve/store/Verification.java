package dev.varve.store;

import java.util.List;
import java.util.Set;

/**
 * Reads all that a store holds and checks it, pack by pack, beside all that is done with the store: it holds nothing up, and
 * what is moved, dropped or cut meanwhile is no damage.
 *
 * <ul>
 *   <li><b>Course.</b> First {@link #isSound} for each pack, in any order; then {@link #findLost} with those that are not, which
 *       tells the chunks that are lost; {@link #checkFiles} at any time.
 *   <li><b>What is read.</b> Every byte of a pack; of what the index names, also the content is compared with its name.
 *   <li><b>Memory.</b> A window of {@value FrameScanner#WINDOW_BYTES} bytes and two chunks; what was found is the caller's.
 *   <li><b>Threads.</b> One thread uses it; several may be at work.
 * </ul>
 */
public interface Verification {
    /**
     * A file of chunks.
     *
     * @param number of the file; later ones have greater numbers
     * @param bytes how much of it there is to read
     */
    record Pack(int number, long bytes) {}

    /**
     * The packs there are.
     *
     * @return by number, ascending
     */
    List<Pack> packs();

    /**
     * Reads a pack.
     *
     * @param pack its number; when there is none any more, it is sound
     * @param pace is told of what was read
     * @return whether all that the index needs of it is there
     */
    boolean isSound(int pack, Pace pace);

    /**
     * Goes through the index, and looks at each chunk that lies in one of some packs, or in none.
     *
     * @param packs numbers of those that are not sound
     * @param report is told of chunks that are damaged, and if the index can't be read on
     * @param pace is told of what was read
     */
    void findLost(Set<Integer> packs, VerifyReport report, Pace pace);

    /**
     * Checks every block of the index, heads and lengths of packs, and the files beside them.
     *
     * @param report is told what is wrong, or can't be read
     */
    void checkFiles(VerifyReport report);
}
