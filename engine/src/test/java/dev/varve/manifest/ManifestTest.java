package dev.varve.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
    private static final String ROOT = Nodes.id(1).toString();
    private static final Manifest EXAMPLE =
            new Manifest(65536, 5_000_000_000L, 0, new Tree(1, Nodes.id(1)), new Tree(0, Nodes.id(2)));

    @Test
    void textFormIsReadBack() throws ManifestException {
        String text = "varve1;chunk=65536;size=5000000000;domain=0;content=1:" + ROOT + ";writers=0:" + Nodes.id(2);
        assertThat(EXAMPLE).hasToString(text);
        assertThat(Manifest.parse(text)).isEqualTo(EXAMPLE);
        Manifest zeros = new Manifest(4096, Manifest.MAX_SIZE_BYTES, -1, Tree.EMPTY, Tree.EMPTY);
        assertThat(zeros).hasToString("varve1;chunk=4096;size=70368744177664;domain=4294967295;content=-;writers=-");
        assertThat(Manifest.parse(zeros.toString())).isEqualTo(zeros);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "varve1",
                "varve2;chunk=65536;size=1;domain=0;content=-;writers=-",
                "varve1;chunk=65537;size=1;domain=0;content=-;writers=-",
                "varve1;chunk=1048576;size=1;domain=0;content=-;writers=-",
                "varve1;chunk=0065536;size=1;domain=0;content=-;writers=-",
                "varve1;chunk=65536;size=0;domain=0;content=-;writers=-",
                "varve1;chunk=65536;size=-1;domain=0;content=-;writers=-",
                "varve1;chunk=65536;size=70368744177665;domain=0;content=-;writers=-",
                "varve1;chunk=65536;size=999999999999999999;domain=0;content=-;writers=-",
                "varve1;chunk=65536;size=1;domain=4294967296;content=-;writers=-",
                "varve1;chunk=65536;size=1;domain=0;content=0:12;writers=-",
                "varve1;chunk=65536;size=1;domain=0;content=-;writers=-\n",
                "varve1;chunk=65536;size=1;domain=0;content=-;writers=-;",
                "varve1;chunk=65536;size=1;domain=0;content=\u0007;writers=-"
            })
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> Manifest.parse(text))
                .isInstanceOf(ManifestException.class)
                .hasMessageStartingWith("no manifest: ")
                .hasMessageNotContainingAny("\n", "\u0007");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1:", "4:", "-:", "a:", "0;"})
    void rootsOfAnotherLevelThanTheDiskAllowsAreRefused(String level) {
        String text = "varve1;chunk=65536;size=65536;domain=0;content=" + level + ROOT + ";writers=-";
        assertThatThrownBy(() -> Manifest.parse(text)).isInstanceOf(ManifestException.class);
    }

    @Test
    void oneManifestHasOneTextForm() {
        String upper = EXAMPLE.toString().replace(ROOT, ROOT.toUpperCase(Locale.ROOT));
        assertThatThrownBy(() -> Manifest.parse(upper)).isInstanceOf(ManifestException.class);
    }

    @Test
    void identityIsOfTheContentOnly() {
        Manifest otherWriters = new Manifest(65536, 5_000_000_000L, 0, EXAMPLE.content(), Tree.EMPTY);
        assertThat(otherWriters.identity()).isEqualTo(EXAMPLE.identity()).isEqualTo("65536:5000000000:" + ROOT);
        Manifest longer = new Manifest(65536, 5_000_000_001L, 0, EXAMPLE.content(), Tree.EMPTY);
        assertThat(longer.identity()).isNotEqualTo(EXAMPLE.identity());
        Manifest zeros = new Manifest(65536, 5_000_000_000L, 7, Tree.EMPTY, Tree.EMPTY);
        assertThat(zeros.identity()).isEqualTo("65536:5000000000:-");
    }

    @Test
    void lastBlockCountsThoughItIsShort() {
        assertThat(new Manifest(4096, 1, 0, Tree.EMPTY, Tree.EMPTY).blockCount())
                .isEqualTo(1);
        assertThat(new Manifest(4096, 4096, 0, Tree.EMPTY, Tree.EMPTY).blockCount())
                .isEqualTo(1);
        Manifest manifest = new Manifest(4096, (512 << 10) + 1, 0, Tree.EMPTY, Tree.EMPTY);
        assertThat(manifest.blockCount()).isEqualTo(129);
        assertThat(manifest.writerBlockCount()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "snap 1", "snap\u00e9", "\u0000", "123456789012345678901234567890123"})
    void stampsArePrintableAndFitASlot(String id) {
        assertThatThrownBy(() -> new WriterStamp(id)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"s", "snap-0123456789abcdef0", "12345678901234567890123456789012"})
    void stampsAreReadBack(String id) {
        byte[] slot = new WriterStamp(id).toSlot().toBytes();
        assertThat(WriterStamp.isSlot(slot, 0)).isTrue();
        assertThat(WriterStamp.ofSlot(slot, 0).id()).isEqualTo(id);
    }
}
