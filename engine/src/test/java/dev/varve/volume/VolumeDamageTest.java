package dev.varve.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What has rotted in a volume's log is told, at every opening, and nothing else is lost by it. */
@Timeout(120)
class VolumeDamageTest extends VolumeFixture {
    /** The header of the last durable record rots; a record behind it tells. Told once, and forgotten by that recovery. */
    @Test
    void damageThatWasToldOnceIsToldAgain() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        put(device, 0, 2);
        device.flush();
        put(device, 5, 5);
        flip(1, ONE_PAGE + 9);
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
        assertThat(tryGet(rig, 0)).as("opened once more").isEqualTo("damaged");
    }

    /** The same after a clean close, with nothing in the log behind it but the mark. */
    @Test
    void damageBeforeTheMarkOfACleanCloseIsToldAgain() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        put(device, 0, 2);
        device.close();
        loseDirectory(1);
        flip(1, ONE_PAGE + 9);
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
        assertThat(tryGet(rig, 0)).as("opened once more").isEqualTo("damaged");
    }

    /** The same with zeros: the first opening repairs them, the second brings back what was there before. */
    @Test
    void zerosWhoseRecordRottedStayZeros() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        device.trim(0, Pages.BYTES);
        device.close();
        flip(1, ONE_PAGE + 9);
        assertThat(tryGet(rig, 0)).isIn("0", "damaged");
        assertThat(tryGet(rig, 0)).as("opened once more").isIn("0", "damaged");
    }

    /** The first segment has one record. Its header rots: the log seems to begin in the second. */
    @Test
    void lostFirstSegmentIsNoticed() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        device.close();
        device = rig.open();
        put(device, 9, 9);
        device.close();
        loseDirectory(1);
        flip(1, 9);
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
    }

    /** Such a segment is of a layer all the same, and not given back as one of a layer that was folded long ago. */
    @Test
    void segmentThatLostItsOnlyRecordIsOfItsNeighboursLayer() throws IOException {
        VolumeRig rig = files();
        for (int page = 0; page < 3; page++) {
            VolumeDevice device = rig.open();
            put(device, page, 1);
            device.close();
        }
        loseDirectory(1);
        flip(1, 9);
        try (VolumeLog log = rig.openLog(LogState.Start.FIRST)) {
            assertThat(log.segments()).hasSizeGreaterThan(1).allMatch(segment -> segment.layer() == 1);
        }
    }

    /** "Where two in a row are lost ... the volume does not open": it does when they are the first two. */
    @Test
    void twoLostRecordsAtTheStartAreNoticed() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        put(device, 1, 1);
        device.flush();
        put(device, 2, 2);
        device.flush();
        put(device, 3, 3);
        flip(1, 9);
        flip(1, ONE_PAGE + 9);
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
    }

    /** A bad record below the durable mark, then one that never came, then one that did: cut as if all never came. */
    @Test
    void lostDurableRecordIsNoticedAlsoBeforeATornOne() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        put(device, 0, 2);
        device.flush();
        put(device, 3, 3);
        put(device, 4, 4);
        flip(1, ONE_PAGE + 9); // record 2, which is durable, as records 3 and 4 say
        flip(1, 2 * ONE_PAGE + 9); // record 3, which the power took
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
    }

    /** Recovery cuts the mark of a clean close off; from then on rot below it is taken for a torn end. */
    @Test
    void whatACleanCloseMarkedDurableIsNeverCut() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 1);
        device.flush();
        put(device, 0, 2);
        device.close();
        assertThat(tryGet(rig, 0)).isEqualTo("2");
        flip(1, ONE_PAGE + 64 + 100); // a byte of the page
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
    }

    /** Same, worse: the mark is gone and the only record's header rots, though the volume's record names its end. */
    @Test
    void logThatEndsBeforeItsRecordedEndIsNoticed() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 2);
        device.close();
        assertThat(tryGet(rig, 0)).isEqualTo("2");
        loseDirectory(1);
        flip(1, 9);
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
    }

    /** What was closed well has all headers twice. */
    @Test
    void headerThatRottedAfterACleanCloseIsKnownFromTheDirectory() throws IOException {
        VolumeRig rig = files();
        VolumeDevice device = rig.open();
        put(device, 0, 2);
        device.close();
        flip(1, 9);
        assertThat(tryGet(rig, 0)).isEqualTo("2");
        assertThat(tryGet(rig, 0)).as("opened once more").isEqualTo("2");
    }

    /** The directory is never needed, it is said. */
    @Test
    void directoryThatCantBeReadIsNotNeeded() throws IOException {
        HookedSpace space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        VolumeDevice device = rig.open();
        put(device, 0, 2);
        device.close();
        space.beforeRead = (segment, bytes, offset) -> {
            if (offset == segment.sizeBytes() - LogSegment.TRAILER_BYTES) {
                throw new IOException("bad sector");
            }
        };
        assertThat(get(rig.open(), 0)).isEqualTo(2);
    }

    /** Pages behind the mark are read a second time to be written anew, unchecked, under a new checksum. */
    @Test
    void whatRecoveryCopiesItHasChecked() throws IOException {
        HookedSpace space = new HookedSpace(VolumeRig.fileSegments(io, tmp.resolve("logs")));
        VolumeRig rig = new VolumeRig(() -> space, SIZE);
        VolumeDevice device = rig.open();
        put(device, 0, 2, 1);
        space.afterRead = (segment, bytes, offset) -> {
            if (bytes.remaining() == 2 * Pages.BYTES) {
                bytes.put(bytes.position() + 5, (byte) 0x77); // a bad read, of the copy only
            }
        };
        String found;
        try {
            device = rig.open();
            space.afterRead = (segment, bytes, offset) -> {};
            ByteBuffer page = ByteBuffer.allocate(Pages.BYTES);
            device.read(page, 0);
            found = page.get(5) == 1 ? "right" : "wrong bytes, and no error";
        } catch (IOException e) {
            found = "damaged";
        }
        assertThat(found).isIn("right", "damaged");
    }

    /** Nobody has closed it: the mark came because nothing was written for a while. */
    @Test
    void idleLogIsMarkedSoThatRotIsTold() throws IOException {
        VolumeRig rig = files();
        try (VolumeLog log = rig.openLog(LogState.Start.FIRST)) {
            Staging staging = new Staging();
            log.append(0, ByteBuffer.allocateDirect(Pages.BYTES), staging, VolumeLog.ALWAYS);
            long sequence = log.hardenWhenIdle(-1, staging);
            assertThat(sequence).isEqualTo(1);
            assertThat(log.hardenWhenIdle(sequence, staging)).isEqualTo(1);
            assertThat(log.hardenWhenIdle(2, staging)).as("only once").isEqualTo(2);
        }
        flip(1, 64 + 100);
        assertThat(tryGet(rig, 0)).isEqualTo("damaged");
    }
}
