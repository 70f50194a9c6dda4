package dev.varve;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a store's images, snapshots and volumes take, in all accounts and regions.
 *
 * <p>It adds up: the unique bytes of all holders that are no images, the shared bytes, those that only deleted things need
 * and those that nothing needs are the stored bytes. What was deleted and can be restored is no holder. An image takes what
 * its snapshots take; it has as unique what none but they need, if no other image needs them.
 *
 * @param holders images, then all others
 * @param storedBytes all that is stored: chunks and logs of volumes
 * @param sharedBytes of that, what more than one of the snapshots and volumes needs, counted once
 * @param restorableBytes of that, what only deleted things need that can be restored
 * @param unneededBytes of that, what none needs: a collection drops it, once no writer and no reader is at work with it
 * @param logBytes of that, the logs of volumes
 * @param problems what could not be counted, first of all: while there is any, unique bytes may be too many
 */
public record SpaceReport(
        List<SpaceHolder> holders,
        long storedBytes,
        long sharedBytes,
        long restorableBytes,
        long unneededBytes,
        long logBytes,
        List<String> problems) {
    /** Makes the lists unchangeable. */
    public SpaceReport {
        holders = List.copyOf(holders);
        problems = List.copyOf(problems);
    }

    /**
     * One of the holders.
     *
     * @param id of an image, a snapshot or a volume, or any text
     * @return empty when it holds nothing
     */
    public Optional<SpaceHolder> holder(String id) {
        return holders.stream().filter(holder -> holder.id().equals(id)).findFirst();
    }

    /**
     * Those that share no unique byte: images, snapshots that are not of one image alone, and all others.
     *
     * @return those with most unique bytes first, of those with as many the ones with most shared bytes
     */
    public List<SpaceHolder> byUnique() {
        return holders.stream()
                .filter(holder -> holder.imageId() == null)
                .sorted(Comparator.<SpaceHolder>comparingLong(
                                holder -> -holder.use().uniqueBytes())
                        .thenComparingLong(holder -> -holder.use().sharedBytes()))
                .toList();
    }
}
