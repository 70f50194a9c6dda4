package dev.varve.nbd;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/**
 * Who a server is to its clients, and whose clients it takes: its certificate and key, and the authority that has signed its
 * clients' certificates. A client without one is sent away. TLS 1.3, or 1.2.
 *
 * <p>Read once; a server has to be started anew to have other certificates. Safe for use by several threads and servers.
 */
public final class NbdTls {
    private static final String AUTHORITY = "ca-cert.pem";
    private static final String REVOKED = "ca-crl.pem";
    private static final String CERTIFICATE = "server-cert.pem";
    private static final String KEY = "server-key.pem";
    private static final char[] NO_PASSWORD = {};

    /** Sessions that clients without tickets can go on with; nobody comes back often. */
    private static final int MAX_SESSIONS = 64;

    private final SSLContext context;

    private NbdTls(SSLContext context) {
        this.context = context;
    }

    /**
     * Reads a folder that has the files by the names that qemu and nbdkit use: {@code ca-cert.pem} with the certificates of
     * one or more authorities, {@code server-cert.pem} with the server's and those between it and its authority,
     * {@code server-key.pem} with its key: RSA, EC or EdDSA, as PKCS #8 without a password.
     *
     * @param folder where they are
     * @return what they say
     * @throws IOException when one of them is not there or can't be used, with what to do about it
     */
    public static NbdTls ofFolder(Path folder) throws IOException {
        for (String name : List.of(AUTHORITY, CERTIFICATE, KEY)) {
            if (!Files.exists(folder.resolve(name))) {
                throw new IOException(folder.resolve(name) + " is not there; TLS needs " + AUTHORITY + ", "
                        + CERTIFICATE + " and " + KEY + " in one folder");
            }
        }
        if (Files.exists(folder.resolve(REVOKED), LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(folder.resolve(REVOKED) + " can't be obeyed: lists of revoked certificates are not"
                    + " checked; take it away, and sign with a new authority those who may still come");
        }
        List<X509Certificate> authorities = certificates(PemFile.read(folder.resolve(AUTHORITY)));
        for (X509Certificate authority : authorities) {
            if (authority.getBasicConstraints() < 0) {
                throw new IOException(folder.resolve(AUTHORITY) + " holds " + authority.getSubjectX500Principal()
                        + ", which is no authority's; make one with CA:TRUE in its basic constraints");
            }
        }
        List<X509Certificate> chain = certificates(PemFile.read(folder.resolve(CERTIFICATE)));
        PrivateKey key = key(PemFile.read(folder.resolve(KEY)), chain.get(0).getPublicKey());
        try {
            return new NbdTls(context(authorities, chain, key));
        } catch (GeneralSecurityException e) {
            throw new IOException(folder + " has certificates that can't be used: " + e.getMessage(), e);
        }
    }

    private static List<X509Certificate> certificates(PemFile file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (PemFile.Block block : file.blocks()) {
            if (!block.label().equals("CERTIFICATE")) {
                continue;
            }
            try {
                X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(file.bytes(block)));
                certificate.checkValidity();
                certificates.add(certificate);
            } catch (CertificateExpiredException | CertificateNotYetValidException e) {
                throw new IOException(
                        file.path() + " has a certificate that is not valid today (" + e.getMessage()
                                + "); make a new one",
                        e);
            } catch (CertificateException e) {
                throw file.damaged(block, e);
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException(file.path() + " holds no CERTIFICATE, but "
                    + file.blocks().get(0).label());
        }
        return certificates;
    }

    /** The key that belongs to a certificate. */
    private static PrivateKey key(PemFile file, PublicKey of) throws IOException {
        PemFile.Block found = file.blocks().get(0);
        for (PemFile.Block block : file.blocks()) {
            if (block.label().endsWith("PRIVATE KEY")) {
                found = block; // openssl may write the name of a curve before it
            }
        }
        if (!found.label().equals("PRIVATE KEY")) {
            String what = found.label().startsWith("ENCRYPTED") || found.text().contains("ENCRYPTED")
                    ? " is encrypted, and nobody can be asked for the password"
                    : " holds no PRIVATE KEY of PKCS #8, but " + found.label();
            throw new IOException(file.path() + what + "; openssl pkey -in " + file.path()
                    + " -out NEW-KEY writes it as it has to be");
        }
        try {
            PrivateKey key = KeyFactory.getInstance(of.getAlgorithm())
                    .generatePrivate(new PKCS8EncodedKeySpec(file.bytes(found)));
            if (isPair(key, of)) {
                return key;
            }
        } catch (InvalidKeySpecException e) {
            throw new IOException(noPair(file, of), e);
        } catch (GeneralSecurityException e) {
            throw new IOException(file.path() + " can't be used: " + e.getMessage() + "; make a key of RSA or EC", e);
        }
        throw new IOException(noPair(file, of));
    }

    private static String noPair(PemFile file, PublicKey of) {
        return file.path() + " is not the " + of.getAlgorithm() + " key that " + CERTIFICATE + " was made for";
    }

    /** Whether what one signs the other verifies. */
    private static boolean isPair(PrivateKey key, PublicKey of) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(
                switch (of.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> of.getAlgorithm();
                });
        byte[] signed = {1};
        signature.initSign(key);
        signature.update(signed);
        byte[] proof = signature.sign();
        signature.initVerify(of);
        signature.update(signed);
        return signature.verify(proof);
    }

    private static SSLContext context(List<X509Certificate> authorities, List<X509Certificate> chain, PrivateKey key)
            throws GeneralSecurityException, IOException {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, NO_PASSWORD);
        own.setKeyEntry("server", key, NO_PASSWORD, chain.toArray(X509Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, NO_PASSWORD);

        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, NO_PASSWORD);
        for (X509Certificate authority : authorities) {
            trusted.setCertificateEntry("authority-" + trusted.size(), authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);

        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        context.getServerSessionContext().setSessionCacheSize(MAX_SESSIONS);
        return context;
    }

    SSLContext context() {
        return context;
    }

    /** The server's side of one connection. */
    SSLEngine engine() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        parameters.setNeedClientAuth(true);
        engine.setSSLParameters(parameters);
        return engine;
    }
}
