package dev.varve.catalog;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * A place in a listing as text that means nothing to who holds it. It stays good for as long as the store's format does,
 * and is good for its own listing only.
 *
 * <pre>
 * base64url, without padding, of
 *   1  version, 1
 *  16  first half of SHA-256 over listing, 0, position
 *   n  position: ASCII, 1 to 64
 * </pre>
 *
 * The hash keeps mistakes out, not people: a position gives nothing that the listing itself does not give.
 */
final class PageToken {
    private static final byte VERSION = 1;
    private static final int HASH_BYTES = 16;
    private static final int MAX_POSITION = 64;
    private static final int MAX_TOKEN = 256;
    private static final Pattern POSITION = Pattern.compile("[0-9a-z-]{1," + MAX_POSITION + "}");

    private PageToken() {}

    static String encode(String position, String listing) {
        byte[] text = position.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer token = ByteBuffer.allocate(1 + HASH_BYTES + text.length);
        token.put(VERSION).put(hash(position, listing)).put(text);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(token.array());
    }

    static String position(String token, String listing) {
        if (token.length() > MAX_TOKEN) {
            throw bad(token.substring(0, MAX_TOKEN) + "...");
        }
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(token);
        } catch (IllegalArgumentException e) {
            throw bad(token);
        }
        if (bytes.length <= 1 + HASH_BYTES || bytes[0] != VERSION) {
            throw bad(token);
        }
        String position = new String(bytes, 1 + HASH_BYTES, bytes.length - 1 - HASH_BYTES, StandardCharsets.US_ASCII);
        boolean own = Arrays.equals(hash(position, listing), Arrays.copyOfRange(bytes, 1, 1 + HASH_BYTES));
        if (!own || !POSITION.matcher(position).matches()) {
            throw bad(token);
        }
        return position;
    }

    private static byte[] hash(String position, String listing) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(listing.getBytes(StandardCharsets.UTF_8));
            sha256.update((byte) 0);
            sha256.update(position.getBytes(StandardCharsets.US_ASCII));
            return Arrays.copyOf(sha256.digest(), HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static Ec2Exception bad(String token) {
        return new Ec2Exception("InvalidNextToken", "The pagination token " + token + " is invalid.");
    }
}
