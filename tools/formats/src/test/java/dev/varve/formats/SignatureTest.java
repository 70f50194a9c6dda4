package dev.varve.formats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.formats.RawDevice.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SignatureTest {
    private static final byte[] NONE = new byte[0];

    @TempDir
    Path folder;

    /** Hexadecimal, from the formats' own documents, not from the table under test. */
    @ParameterizedTest
    @CsvSource({
        "QCOW, 0, 514649fb00000003",
        "QED, 0, 51454400",
        "VMDK, 0, 4b444d5601000000",
        "VMDK, 0, 23204469736b2044657363726970746f7246696c65",
        "VHD, 0, 636f6e6563746978",
        "VHDX, 0, 7668647866696c65",
        "VDI, 64, 7f10dabe",
        "TAR, 257, 7573746172",
        "GZIP, 0, 1f8b0800",
        "XZ, 0, fd377a585a00",
        "ZSTD, 0, 28b52ffd",
        "LZ4, 0, 04224d18",
        "BZIP2, 0, 425a6839314159265359",
        "SEVEN_ZIP, 0, 377abcaf271c",
        "ZIP, 0, 504b0304"
    })
    void aHeadGivesTheFormatAway(Signature expected, int offset, String hex) {
        byte[] head = new byte[512];
        byte[] mark = HexFormat.of().parseHex(hex);
        System.arraycopy(mark, 0, head, offset, mark.length);
        assertThat(Signature.of(head, NONE)).isEqualTo(expected);
    }

    @Test
    void theFooterOfAFixedVhdGivesItAway() throws IOException {
        byte[] disk = new byte[4096];
        byte[] footer = "conectix".getBytes(ISO_8859_1);
        System.arraycopy(footer, 0, disk, disk.length - 512, footer.length);
        assertThat(detect(disk)).isEqualTo(Signature.VHD);
    }

    @Test
    void aCompressedFileIsSeenAsOne() throws IOException {
        Path file = folder.resolve("disk.gz");
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(new byte[700 << 10]);
        }
        Signature signature = Signature.of(Files.readAllBytes(file), NONE);
        assertThat(signature).isEqualTo(Signature.GZIP);
        assertThat(signature.advice()).contains("gzip -dc");
    }

    @Test
    void partitionTablesLuksAndZerosAreRaw() throws IOException {
        byte[] mbr = new byte[512];
        mbr[510] = 0x55;
        mbr[511] = (byte) 0xaa;
        assertThat(detect(mbr)).isNull();
        byte[] luks = new byte[1024];
        System.arraycopy("LUKS\u00ba\u00be".getBytes(ISO_8859_1), 0, luks, 0, 6);
        assertThat(detect(luks)).isNull();
        assertThat(detect(new byte[512])).isNull();
        assertThat(Signature.of(NONE, NONE)).isNull();
    }

    private @Nullable Signature detect(byte[] disk) throws IOException {
        Path file = Files.write(folder.resolve("disk"), disk);
        try (RawDevice device = RawDevice.open(file, Access.READ)) {
            return Signature.of(device);
        }
    }
}
