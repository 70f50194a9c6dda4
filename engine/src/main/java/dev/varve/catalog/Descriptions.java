package dev.varve.catalog;

/** What descriptions may be. */
public final class Descriptions {
    /** Characters at most. */
    public static final int MAX_LENGTH = 255;

    private Descriptions() {}

    /**
     * Checks a description.
     *
     * @param description ASCII text
     * @throws Ec2Exception when it is too long, or anything else
     */
    public static void check(String description) {
        if (description.length() > MAX_LENGTH) {
            throw Ec2Exception.invalidValue(
                    "The description has " + description.length() + " characters, more than " + MAX_LENGTH + ".");
        }
        if (description.chars().anyMatch(c -> c >= 0x80)) {
            throw Ec2Exception.invalidValue("Character sets beyond ASCII are not supported.");
        }
    }
}
