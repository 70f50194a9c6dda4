package dev.varve.nbd.powercut;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Makes states in which a cut of power may leave a disk: all that was written before the last flush, and of the rest some
 * writes, in any order, every fifth of them torn: some of its sectors are old.
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
     */
    static PageImage state(PageImage base, List<DeviceEvent> events, int position, Random random) {
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
                tear(image, write, random);
            } else {
                image.write(write.bytes(), 0, write.lengthBytes(), write.offsetBytes());
            }
        }
        return image;
    }

    /** The first sectors, the last, or any. */
    private static void tear(PageImage image, DeviceEvent.Write write, Random random) {
        int sectors = (write.lengthBytes() + SECTOR - 1) / SECTOR;
        int kind = random.nextInt(3);
        int cut = random.nextInt(sectors);
        for (int i = 0; i < sectors; i++) {
            boolean isNew = kind == 0 ? i < cut : kind == 1 ? i > cut : random.nextBoolean();
            if (isNew) {
                int at = i * SECTOR;
                int length = Math.min(SECTOR, write.lengthBytes() - at);
                image.write(write.bytes(), at, length, write.offsetBytes() + at);
            }
        }
    }
}
