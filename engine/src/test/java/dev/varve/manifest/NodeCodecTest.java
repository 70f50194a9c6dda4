package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.chunk.ChunkId;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeCodecTest {
    private static final ChunkId NAME = Nodes.id(999);
    private static final ChunkId A = Nodes.id(1);
    private static final ChunkId B = Nodes.id(2);

    /** The form on disk: when this test has to change, the version does. */
    @Test
    void formIsAsDrawn() {
        byte[] node = Nodes.encode(NodeKind.CONTENT, 2, Map.of(9, B, 1, A));
        String bitmap = "02" + "02" + "00".repeat(62);
        assertThat(HexFormat.of().formatHex(node)).isEqualTo("564d4e4f" + "01010200" + bitmap + A + B);
    }

    @Test
    void everyChildIsFoundAgain() throws ManifestException {
        Leaf leaf = (Leaf) NodeCodec.decode(NAME, Nodes.fullLeaf(NodeKind.CONTENT));
        for (int i = 0; i < Radix.FANOUT; i++) {
            assertThat(leaf.chunk(i)).isEqualTo(Nodes.id(i));
        }
        Node sparse = NodeCodec.decode(NAME, Nodes.encode(NodeKind.WRITERS, 3, Map.of(0, A, 511, B)));
        assertThat(sparse.child(0)).isEqualTo(A);
        assertThat(sparse.child(1)).isNull();
        assertThat(sparse.child(511)).isEqualTo(B);
        assertThat(sparse).isNotInstanceOf(Leaf.class);
    }

    static Stream<Arguments> malformed() {
        byte[] good = Nodes.encode(NodeKind.CONTENT, 0, Map.of(3, A, 70, B));
        byte[] stamps = Nodes.encode(NodeKind.WRITERS, 0, 3, new WriterStamp("snap-0").toSlot());
        return Stream.of(
                Arguments.of("length: expected 104 to 16456, found 0", new byte[0]),
                Arguments.of("length: expected 104 to 16456, found 72", Arrays.copyOf(good, 72)),
                Arguments.of("length: expected 104 to 16456, found 16457", new byte[16457]),
                Arguments.of("length with 2 children: expected 136, found 135", Arrays.copyOf(good, 135)),
                Arguments.of("length with 2 children: expected 136, found 168", Arrays.copyOf(good, 168)),
                Arguments.of("length with 3 children: expected 168, found 136", with(good, 8, 0x18)),
                Arguments.of("length with 1 children: expected 104, found 136", with(good, 8, 0)),
                Arguments.of("magic: expected 564d4e4f, found 574d4e4f", with(good, 0, 'W')),
                Arguments.of("version: expected 1, found 2", with(good, 4, 2)),
                Arguments.of("kind: expected 1 or 2, found 0", with(good, 5, 0)),
                Arguments.of("kind: expected 1 or 2, found 3", with(good, 5, 3)),
                Arguments.of("level: expected 0 to 3, found 4", with(good, 6, 4)),
                Arguments.of("level: expected 0 to 3, found -1", with(good, 6, 255)),
                Arguments.of("byte 7: expected 0, found 1", with(good, 7, 1)),
                Arguments.of("child at byte 104: expected an id, found zeros", zeroed(good, 104)),
                Arguments.of("child at byte 72: expected an id, found zeros", zeroed(stamps, 72)),
                Arguments.of("child at byte 72: expected a stamp, found 20", with(stamps, 72, ' ')),
                Arguments.of("child at byte 72: expected a stamp, found 73", with(stamps, 103, 'x')));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void malformedNodesAreNamedWithWhatIsWrong(String problem, byte[] bytes) {
        assertThatThrownBy(() -> NodeCodec.decode(NAME, bytes))
                .isInstanceOfSatisfying(
                        ManifestException.class, e -> assertThat(e.node()).isEqualTo(NAME))
                .hasMessageStartingWith("manifest node " + NAME + " is malformed: " + problem);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void mutatedNodesAreDecodedOrRefusedAndNothingElse(long seed) {
        Random random = new Random(seed);
        byte[][] nodes = {
            Nodes.fullLeaf(NodeKind.CONTENT),
            Nodes.fullLeaf(NodeKind.WRITERS),
            Nodes.encode(NodeKind.CONTENT, 1, Map.of(0, A, 63, B, 64, A, 511, B)),
            Nodes.encode(NodeKind.WRITERS, 0, 5, new WriterStamp("x").toSlot())
        };
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = nodes[random.nextInt(nodes.length)].clone();
            for (int flips = random.nextInt(3); flips >= 0; flips--) {
                int reach = random.nextBoolean() ? bytes.length : NodeCodec.HEADER_BYTES;
                bytes[random.nextInt(reach)] ^= (byte) (1 << random.nextInt(8));
            }
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(NodeCodec.MAX_BYTES + 40));
            }
            NodeCodecFuzzTest.check(bytes);
        }
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] changed = bytes.clone();
        changed[at] = (byte) value;
        return changed;
    }

    private static byte[] zeroed(byte[] bytes, int at) {
        byte[] changed = bytes.clone();
        Arrays.fill(changed, at, at + ChunkId.BYTES, (byte) 0);
        return changed;
    }
}
