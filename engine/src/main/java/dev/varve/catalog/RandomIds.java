package dev.varve.catalog;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Ids of 68 random bits. The source of randomness is made with the first id: many a command makes none. */
final class RandomIds implements IdSource {
    @GuardedBy("this")
    private @Nullable SecureRandom random;

    @Override
    public String next(String prefix) {
        byte[] bytes = new byte[(DIGITS + 1) / 2];
        source().nextBytes(bytes);
        return prefix + HexFormat.of().formatHex(bytes).substring(1);
    }

    private synchronized SecureRandom source() {
        SecureRandom made = random;
        if (made == null) {
            made = new SecureRandom();
            random = made;
        }
        return made;
    }
}
