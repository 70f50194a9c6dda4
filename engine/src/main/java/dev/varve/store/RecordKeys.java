package dev.varve.store;

/** What a record's key may be: ASCII text, not empty, at most 1,024 characters. */
final class RecordKeys {
    private static final int MAX_LENGTH = 1024;

    private RecordKeys() {}

    static void check(String key) {
        if (key.isEmpty() || key.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("a record key of " + key.length() + " characters");
        }
        for (int i = 0; i < key.length(); i++) {
            if (key.charAt(i) >= 0x80) {
                throw new IllegalArgumentException("record keys are ASCII: " + key);
            }
        }
    }
}
