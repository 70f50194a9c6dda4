package dev.varve.catalog;

/** Matching of {@code *}, {@code ?} and {@code \} without recursion: at most pattern times text steps. */
final class Wildcard {
    private Wildcard() {}

    static boolean matches(String pattern, String text) {
        int p = 0;
        int t = 0;
        int star = -1;
        int resume = 0;
        while (t < text.length()) {
            boolean escaped = p + 1 < pattern.length() && pattern.charAt(p) == '\\';
            char wanted = p >= pattern.length() ? 0 : pattern.charAt(escaped ? p + 1 : p);
            if (p < pattern.length() && !escaped && wanted == '*') {
                star = p++;
                resume = t;
            } else if (p < pattern.length() && (wanted == text.charAt(t) || (!escaped && wanted == '?'))) {
                p += escaped ? 2 : 1;
                t++;
            } else if (star >= 0) {
                p = star + 1;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
