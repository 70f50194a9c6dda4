package dev.varve.nbd.powercut;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Looks whether what programs write and sync on the recorded file system is what the disk records. */
@Timeout(120)
class RecordedMountTest {
    private WorkFolder work;

    @BeforeEach
    void begin() throws IOException {
        WorkFolder.requireMeans();
        work = new WorkFolder();
    }

    @AfterEach
    void end() throws IOException {
        if (work != null) {
            work.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void syncIsAFlushThatComesAfterTheBytes(FileSystem kind) throws IOException {
        PageImage base = kind.make(work.path());
        RecordingDisk disk = new RecordingDisk(base);
        byte[] bytes = Stamps.page(7, 7);
        int written;
        int synced;
        try (RecordedMount mount = new RecordedMount(disk, kind, work.path())) {
            Path file = mount.folder().resolve("file");
            try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
                out.write(ByteBuffer.wrap(bytes));
                written = disk.position();
                out.force(true);
                synced = disk.position();
            }
            assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
        }
        List<DeviceEvent> events = disk.events().subList(written, synced);
        int data = indexOf(events, bytes);
        int flush = events.lastIndexOf(new DeviceEvent.Flush());
        assertThat(data).as("the bytes are written by the sync").isNotNegative();
        assertThat(flush).as("and flushed afterwards").isGreaterThan(data);

        PageImage before = PowerCut.state(base, disk.events(), written, kind.wholeBytes, new Random(1));
        PageImage after = PowerCut.state(base, disk.events(), synced, kind.wholeBytes, new Random(1));
        assertThat(contentAfterACut(kind, before)).isNotEqualTo(bytes);
        assertThat(contentAfterACut(kind, after)).isEqualTo(bytes);
    }

    private static int indexOf(List<DeviceEvent> events, byte[] bytes) {
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i) instanceof DeviceEvent.Write write && Arrays.equals(write.bytes(), bytes)) {
                return i;
            }
        }
        return -1;
    }

    private byte[] contentAfterACut(FileSystem kind, PageImage state) throws IOException {
        try (StateMount mount = new StateMount(state, kind, work.path())) {
            Path file = mount.folder().resolve("file");
            return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        }
    }
}
