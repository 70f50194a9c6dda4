package dev.varve.nbd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority, and who else a test needs, made by the JDK's keytool; by their names there. */
final class Certificates {
    private static final char[] PASSWORD = "secret".toCharArray();

    private final Path file;

    Certificates(Path file) throws Exception {
        this.file = file;
        make("ca", "EC", "-ext", "bc:c=ca:true");
        make("server", "EC", "-signer", "ca", "-ext", "san=dns:localhost,ip:127.0.0.1");
        make("client", "RSA", "-signer", "ca");
        make("stranger", "EC", "-ext", "bc:c=ca:true");
    }

    /** More of the same. */
    void make(String name, String algorithm, String... more) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                file.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "secret",
                "-alias",
                name,
                "-keyalg",
                algorithm,
                "-dname",
                "CN=" + name,
                "-validity",
                "30"));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(said);
        }
    }

    private KeyStore all() throws IOException, GeneralSecurityException {
        KeyStore all = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            all.load(in, PASSWORD);
        }
        return all;
    }

    static String pem(String label, byte[] bytes) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + label
                + "-----\n";
    }

    String certificate(String name) throws IOException, GeneralSecurityException {
        return pem("CERTIFICATE", all().getCertificate(name).getEncoded());
    }

    byte[] key(String name) throws IOException, GeneralSecurityException {
        return all().getKey(name, PASSWORD).getEncoded();
    }

    /** A folder for a server, with what people write around it. */
    Path folder(Path folder, String server) throws IOException, GeneralSecurityException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("ca-cert.pem"), "Issuer: - me -\n" + certificate("ca"));
        Files.writeString(folder.resolve("server-cert.pem"), certificate(server) + "\n");
        Files.writeString(folder.resolve("server-key.pem"), pem("PRIVATE KEY", key(server)));
        return folder;
    }

    /** What a client brings who trusts the authority; an empty name is somebody's who has no certificate. */
    SSLContext client(String name) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, PASSWORD);
        trusted.setCertificateEntry("ca", all().getCertificate("ca"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, PASSWORD);
        if (!name.isEmpty()) {
            Certificate[] chain = all().getCertificateChain(name);
            own.setKeyEntry(name, all().getKey(name, PASSWORD), PASSWORD, chain);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509"); // sends it whoever the server asks for
        keys.init(own, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
