package dev.varve.nbd.powercut;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Makes states in which a cut of power may leave a disk: all that was written before the last flush, and of the rest some
 * writes, in any order, every fifth of them torn: some of what it writes at once is old.
 */
final class PowerCut {
    static final int SECTOR = 512;
    private static final int TORN_ONE_OF = 5;
    private static final double[] KEPT = {0, 0.1, 0.5, 0.9, 1};

    private PowerCut() {}

    /**
     * A state after so many events.
     *
     * @param base what the disk held before all of them; it is not changed
     * @param wholeBytes what the disk writes wholly or not at all, where it is aligned; a multiple of {@link #SECTOR}
     */
    static PageImage state(PageImage base, List<DeviceEvent> events, int position, int wholeBytes, Random random) {
        PageImage image = base.copy();
        List<DeviceEvent> before = events.subList(0, position);
        int flushed = before.lastIndexOf(new DeviceEvent.Flush());
        List<DeviceEvent.Write> rest = new ArrayList<>();
        double kept = KEPT[random.nextInt(KEPT.length)];
        for (int i = 0; i < position; i++) {
            if (before.get(i) instanceof DeviceEvent.Write write) {
                if (i < flushed) {
                    image.write(write.bytes(), 0, write.lengthBytes(), write.offsetBytes());
                } else if (random.nextDouble() < kept) {
                    rest.add(write);
                }
            }
        }
        Collections.shuffle(rest, random);
        for (DeviceEvent.Write write : rest) {
            if (write.lengthBytes() > SECTOR && random.nextInt(TORN_ONE_OF) == 0) {
                tear(image, write, wholeBytes, random);
            } else {
                image.write(write.bytes(), 0, write.lengthBytes(), write.offsetBytes());
            }
        }
        return image;
    }

    /** The first part, the last, or any. */
    private static void tear(PageImage image, DeviceEvent.Write write, int wholeBytes, Random random) {
        List<Integer> starts = new ArrayList<>();
        for (int at = 0; at < write.lengthBytes(); at += wholeBytes - (int) ((write.offsetBytes() + at) % wholeBytes)) {
            starts.add(at);
        }
        int kind = random.nextInt(3);
        int cut = random.nextInt(starts.size());
        for (int i = 0; i < starts.size(); i++) {
            boolean isNew = kind == 0 ? i < cut : kind == 1 ? i > cut : random.nextBoolean();
            if (isNew) {
                int end = i + 1 < starts.size() ? starts.get(i + 1) : write.lengthBytes();
                int at = starts.get(i);
                image.write(write.bytes(), at, end - at, write.offsetBytes() + at);
            }
        }
    }
}
