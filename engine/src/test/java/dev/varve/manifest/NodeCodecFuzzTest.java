package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.varve.chunk.ChunkId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * Whatever the bytes, a decoder says what they hold or what is wrong with them. In a build the inputs kept beside this
 * class in the resources are replayed; {@code JAZZER_FUZZ=1} searches for more.
 */
class NodeCodecFuzzTest {
    @FuzzTest
    void decode(byte[] bytes) {
        check(bytes);
    }

    @FuzzTest
    void parse(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        try {
            assertThat(Manifest.parse(text).toString()).isEqualTo(text);
        } catch (ManifestException e) {
            assertThat(e.getMessage()).doesNotContainPattern("[^ -~]").hasSizeLessThan(700);
        }
    }

    /** What decodes has one form only: encoding it again gives the same bytes. */
    static void check(byte[] bytes) {
        Node node;
        try {
            node = NodeCodec.decode(Nodes.id(0), bytes.clone());
        } catch (ManifestException e) {
            assertThat(e).hasMessageContaining("expected").hasMessageContaining("found");
            return;
        }
        Bits bits = node.bits();
        byte[] children = new byte[ChunkId.BYTES * bits.count()];
        int at = 0;
        for (int i = bits.next(0); i < Radix.FANOUT; i = bits.next(i + 1)) {
            Objects.requireNonNull(node.child(i)).write(children, at);
            at += ChunkId.BYTES;
        }
        NodeKind kind = bytes[5] == 1 ? NodeKind.CONTENT : NodeKind.WRITERS;
        assertThat(Arrays.equals(NodeCodec.encode(kind, node.level(), bits, children), bytes))
                .isTrue();
    }
}
