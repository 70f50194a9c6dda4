package dev.varve.bench.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BootTraceTest {
    @Test
    void recordedOneHasTheRequestsThatItIsSaidToHave() throws Exception {
        BootTrace trace = BootTrace.recorded();
        long[] counts = new long[5];
        ByteBuffer buffer = trace.buffer();
        trace.replay(
                (at, offset) -> {
                    counts[0]++;
                    counts[1] += at.remaining();
                    assertThat(offset + at.remaining()).isLessThanOrEqualTo(BootTrace.DISK_BYTES);
                },
                (at, offset) -> {
                    counts[2]++;
                    counts[3] += at.remaining();
                },
                () -> counts[4]++,
                buffer,
                buffer);
        assertThat(counts).containsExactly(1042, 45_189_120, 533, 7_565_312, 36);
        assertThat(trace.reads()).isEqualTo(1042);
    }

    @Test
    void requestsComeInOrderAndReadsAlone() throws Exception {
        BootTrace trace = BootTrace.parse(List.of("t_us,op,offset,length", "0,R,0,512", "9,W,65000,1024", "10,F,0,0"));
        List<String> seen = new ArrayList<>();
        ByteBuffer buffer = trace.buffer();
        trace.replay(
                (at, offset) -> seen.add("R" + offset + "+" + at.remaining()),
                (at, offset) -> seen.add("W" + offset + "+" + at.remaining()),
                () -> seen.add("F"),
                buffer,
                trace.buffer());
        assertThat(seen).containsExactly("R0+512", "W65000+1024", "F");
        seen.clear();
        trace.replayReads((at, offset) -> seen.add("R" + offset), buffer);
        assertThat(seen).containsExactly("R0");
        assertThat(trace.touched(65536)).containsExactly(0, 1);
    }
}
