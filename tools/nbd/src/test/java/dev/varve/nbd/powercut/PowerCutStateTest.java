package dev.varve.nbd.powercut;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sector by sector, what a state may hold, against writes that say in every sector which they are. */
class PowerCutStateTest {
    private static final int PAGES = 16;
    private static final int SECTORS = PAGES * PageImage.PAGE / PowerCut.SECTOR;
    private static final int STATES = 300;

    private final long seed = Long.getLong("varve.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final RecordingDisk disk = new RecordingDisk(PageImage.zeros(PAGES * PageImage.PAGE));

    /** What a sector may hold after a position: what it held at the last flush, and all since. */
    private List<List<Integer>> allowed(List<DeviceEvent> events, int position) {
        List<List<Integer>> allowed = new ArrayList<>();
        for (int i = 0; i < SECTORS; i++) {
            allowed.add(new ArrayList<>(List.of(0)));
        }
        for (DeviceEvent event : events.subList(0, position)) {
            if (event instanceof DeviceEvent.Write write) {
                int first = (int) (write.offsetBytes() / PowerCut.SECTOR);
                for (int i = 0; i < write.lengthBytes() / PowerCut.SECTOR; i++) {
                    int number = write.bytes() == null
                            ? 0
                            : ByteBuffer.wrap(write.bytes()).getInt();
                    allowed.get(first + i).add(number);
                }
            } else {
                for (List<Integer> each : allowed) {
                    each.subList(0, each.size() - 1).clear();
                }
            }
        }
        return allowed;
    }

    private void work() throws Exception {
        for (int i = 1; i <= 60; i++) {
            int sectors = 1 + random.nextInt(12);
            int first = random.nextInt(SECTORS - sectors + 1);
            if (random.nextInt(6) == 0) {
                disk.flush();
            } else if (random.nextInt(6) == 0) {
                disk.trim((long) first * PowerCut.SECTOR, (long) sectors * PowerCut.SECTOR);
            } else {
                byte[] bytes = new byte[sectors * PowerCut.SECTOR];
                for (int at = 0; at < bytes.length; at += Integer.BYTES) {
                    ByteBuffer.wrap(bytes).putInt(at, i);
                }
                disk.write(ByteBuffer.wrap(bytes), (long) first * PowerCut.SECTOR);
            }
        }
    }

    private static int[] sectors(PageImage image) {
        ByteBuffer bytes = ByteBuffer.allocate(PAGES * PageImage.PAGE);
        image.read(bytes, 0);
        int[] found = new int[SECTORS];
        for (int i = 0; i < SECTORS; i++) {
            found[i] = bytes.getInt(i * PowerCut.SECTOR);
            for (int at = 0; at < PowerCut.SECTOR; at += Integer.BYTES) {
                assertThat(bytes.getInt(i * PowerCut.SECTOR + at)).isEqualTo(found[i]);
            }
        }
        return found;
    }

    private boolean isAllowed(int[] found, List<List<Integer>> allowed) {
        for (int i = 0; i < SECTORS; i++) {
            if (!allowed.get(i).contains(found[i])) {
                return false;
            }
        }
        return true;
    }

    @Test
    void whatWasFlushedIsThereAndOfTheRestWholeSectors() throws Exception {
        work();
        List<DeviceEvent> events = disk.events();
        for (int i = 0; i < STATES; i++) {
            int position = random.nextInt(events.size() + 1);
            int[] found = sectors(
                    PowerCut.state(PageImage.zeros(disk.sizeBytes()), events, position, PowerCut.SECTOR, random));
            assertThat(isAllowed(found, allowed(events, position)))
                    .as("varve.seed=" + seed)
                    .isTrue();
        }
    }

    /** The control: flushes that do nothing are seen. */
    @Test
    void statesOfADiskWhoseFlushesDoNothingAreOthers() throws Exception {
        work();
        List<DeviceEvent> events = disk.events();
        List<DeviceEvent> lies = events.stream()
                .map(event -> event instanceof DeviceEvent.Flush ? new DeviceEvent.Write(0, 0, null) : event)
                .toList();
        int others = 0;
        for (int i = 0; i < STATES; i++) {
            int[] found = sectors(
                    PowerCut.state(PageImage.zeros(disk.sizeBytes()), lies, events.size(), PowerCut.SECTOR, random));
            others += isAllowed(found, allowed(events, events.size())) ? 0 : 1;
        }
        assertThat(others).as("varve.seed=" + seed).isPositive();
    }

    /** One write over another, neither flushed: all four mixtures come, and torn ones. */
    @Test
    void writesAreLeftOutReorderedAndTorn() throws Exception {
        for (int number = 1; number <= 2; number++) {
            byte[] bytes = new byte[PageImage.PAGE];
            for (int at = 0; at < bytes.length; at += Integer.BYTES) {
                ByteBuffer.wrap(bytes).putInt(at, number);
            }
            disk.write(ByteBuffer.wrap(bytes), 0);
        }
        int[] seen = new int[4];
        for (int i = 0; i < STATES; i++) {
            int[] found = sectors(
                    PowerCut.state(PageImage.zeros(disk.sizeBytes()), disk.events(), 2, PowerCut.SECTOR, random));
            int sectors = PageImage.PAGE / PowerCut.SECTOR;
            boolean isTorn = Arrays.stream(found, 0, sectors).distinct().count() > 1;
            seen[isTorn ? 3 : found[0]]++;
        }
        assertThat(seen).as("varve.seed=" + seed).doesNotContain(0);
    }

    /** Blocks of 4 KiB may be left out or old, but are not torn. */
    @Test
    void whatIsWrittenWhollyIsNotTorn() throws Exception {
        int sectors = PageImage.PAGE / PowerCut.SECTOR;
        for (int number = 1; number <= 2; number++) {
            byte[] bytes = new byte[PageImage.PAGE * 3 - PowerCut.SECTOR];
            for (int at = 0; at < bytes.length; at += Integer.BYTES) {
                ByteBuffer.wrap(bytes).putInt(at, number);
            }
            disk.write(ByteBuffer.wrap(bytes), PowerCut.SECTOR);
        }
        boolean isTorn = false;
        for (int i = 0; i < STATES; i++) {
            int[] found = sectors(
                    PowerCut.state(PageImage.zeros(disk.sizeBytes()), disk.events(), 2, PageImage.PAGE, random));
            int[] whole = Arrays.copyOfRange(found, 1, 3 * sectors);
            for (int page = 0; page < 3; page++) {
                int[] block = Arrays.copyOfRange(found, Math.max(1, page * sectors), (page + 1) * sectors);
                assertThat(Arrays.stream(block).distinct().count())
                        .as("varve.seed=" + seed)
                        .isEqualTo(1);
            }
            isTorn |= Arrays.stream(whole).distinct().count() > 1;
        }
        assertThat(isTorn).as("a write of several").isTrue();
    }

    @Test
    void baseStaysAsItIs() throws Exception {
        PageImage base = PageImage.zeros(disk.sizeBytes());
        work();
        PowerCut.state(base, disk.events(), disk.events().size(), PowerCut.SECTOR, random);
        assertThat(sectors(base)).containsOnly(0);
    }
}
