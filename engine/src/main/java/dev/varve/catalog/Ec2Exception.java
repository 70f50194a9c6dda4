package dev.varve.catalog;

/** A request that EC2 would refuse, with the code and in the words in which it does. Nothing was changed. */
public final class Ec2Exception extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String code;

    /**
     * A refusal.
     *
     * @param code EC2's error code, such as {@code InvalidSnapshot.NotFound}
     * @param message EC2's text
     */
    public Ec2Exception(String code, String message) {
        super(message);
        this.code = code;
    }

    /**
     * EC2's error code.
     *
     * @return such as {@code InvalidSnapshot.NotFound}
     */
    public String code() {
        return code;
    }

    /**
     * A value that is not one of those a parameter takes.
     *
     * @param message what is wrong with it
     * @return the exception, to be thrown
     */
    public static Ec2Exception invalidValue(String message) {
        return new Ec2Exception("InvalidParameterValue", message);
    }
}
