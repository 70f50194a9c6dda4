package dev.varve.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that say who a server is, and that don't. */
class NbdTlsTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Certificates certificates;

    @BeforeAll
    static void make() throws Exception {
        certificates = new Certificates(shared.resolve("all"));
        certificates.make("old", "EC", "-signer", "ca", "-startdate", "-60d");
    }

    @BeforeEach
    void lay() throws Exception {
        certificates.folder(folder, "server");
    }

    private void refused(String file, String... words) {
        assertThatThrownBy(() -> NbdTls.ofFolder(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder.resolve(file).toString())
                .hasMessageContainingAll(words)
                .message()
                .doesNotContain("\n");
    }

    private void put(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }

    @Test
    void keysOfEachKindAreTaken() throws Exception {
        certificates.make("edwards", "Ed25519", "-signer", "ca");
        for (String server : new String[] {"server", "client", "edwards"}) {
            certificates.folder(folder, server);
            assertThat(NbdTls.ofFolder(folder).engine().getNeedClientAuth()).isTrue();
        }
    }

    @Test
    void onlyTlsWithoutKnownFaultsIsSpoken() throws Exception {
        assertThat(NbdTls.ofFolder(folder).engine().getEnabledProtocols())
                .containsExactlyInAnyOrder("TLSv1.3", "TLSv1.2");
    }

    @Test
    void chainsAndOtherBlocksAreTaken() throws Exception {
        put("ca-cert.pem", certificates.certificate("stranger") + "mine:\r\n" + certificates.certificate("ca"));
        put("server-cert.pem", certificates.certificate("server") + certificates.certificate("ca"));
        String key = Certificates.pem("PRIVATE KEY", certificates.key("server"));
        put("server-key.pem", Certificates.pem("EC PARAMETERS", new byte[8]) + key.replace("\n", "\r\n"));
        assertThat(NbdTls.ofFolder(folder)).isNotNull();
    }

    @Test
    void fileThatIsNotThereIsNamedWithThoseThatAreNeeded() throws Exception {
        for (String file : new String[] {"ca-cert.pem", "server-cert.pem", "server-key.pem"}) {
            Path away = Files.move(folder.resolve(file), shared.resolve("away"));
            refused(file, "not there", "ca-cert.pem, server-cert.pem and server-key.pem");
            Files.move(away, folder.resolve(file));
        }
    }

    @Test
    void whatIsNoPemIsRefused() throws Exception {
        for (String file : new String[] {"ca-cert.pem", "server-cert.pem", "server-key.pem"}) {
            String good = Files.readString(folder.resolve(file));
            for (String bad : new String[] {"", "nonsense", good.substring(0, good.length() / 2), "-".repeat(90_000)}) {
                put(file, bad);
                refused(file, "no PEM");
            }
            put(file, " ".repeat(300_000) + good);
            refused(file, "262144 bytes");
            put(file, good.replace("\nM", "\n@@"));
            refused(file, file);
            Files.delete(folder.resolve(file));
            Files.createDirectory(folder.resolve(file));
            refused(file, "can't be read");
            Files.delete(folder.resolve(file));
            put(file, good);
        }
    }

    @Test
    void keyThatHasToBeConvertedIsToldHow() throws Exception {
        byte[] bytes = {1, 2, 3};
        String advice = "openssl pkey -in " + folder.resolve("server-key.pem");
        put("server-key.pem", Certificates.pem("RSA PRIVATE KEY", bytes));
        refused("server-key.pem", "holds no PRIVATE KEY of PKCS #8, but RSA PRIVATE KEY", advice);
        put("server-key.pem", Certificates.pem("EC PARAMETERS", bytes) + Certificates.pem("EC PRIVATE KEY", bytes));
        refused("server-key.pem", "but EC PRIVATE KEY", advice);
        put("server-key.pem", Certificates.pem("ENCRYPTED PRIVATE KEY", bytes));
        refused("server-key.pem", "is encrypted", advice);
        put("server-key.pem", """
                -----BEGIN RSA PRIVATE KEY-----
                Proc-Type: 4,ENCRYPTED
                DEK-Info: AES-256-CBC,AB

                AAAA
                -----END RSA PRIVATE KEY-----
                """);
        refused("server-key.pem", "is encrypted", advice);
    }

    @Test
    void keyOfAnotherCertificateIsRefused() throws Exception {
        for (String other : new String[] {"stranger", "client"}) {
            put("server-key.pem", Certificates.pem("PRIVATE KEY", certificates.key(other)));
            refused("server-key.pem", "not the EC key that server-cert.pem was made for");
        }
    }

    @Test
    void certificateOfNoAuthorityIsRefusedAsOne() throws Exception {
        put("ca-cert.pem", certificates.certificate("server"));
        refused("ca-cert.pem", "CN=server", "CA:TRUE");
        put("ca-cert.pem", Certificates.pem("PRIVATE KEY", certificates.key("ca")));
        refused("ca-cert.pem", "no CERTIFICATE, but PRIVATE KEY");
    }

    @Test
    void certificateThatHasExpiredIsRefused() throws Exception {
        certificates.folder(folder, "old");
        refused("server-cert.pem", "not valid today", "make a new one");
    }

    @Test
    void listOfRevokedCertificatesIsNotPassedOverInSilence() throws Exception {
        put("ca-crl.pem", "");
        refused("ca-crl.pem", "revoked");
    }
}
