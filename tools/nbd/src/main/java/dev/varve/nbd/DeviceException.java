package dev.varve.nbd;

import java.io.IOException;

/** A device has refused; the connection goes on. */
final class DeviceException extends Exception {
    private static final long serialVersionUID = 1;

    private static final String FULL = "No space left on device";

    private final int error;

    private DeviceException(int error, Exception cause) {
        super(String.valueOf(cause.getMessage()), cause);
        this.error = error;
    }

    /** What a device does. */
    interface Step {
        void run() throws IOException;
    }

    static void guard(Step step) throws DeviceException {
        try {
            step.run();
        } catch (UnsupportedOperationException e) {
            throw new DeviceException(Protocol.EPERM, e);
        } catch (IllegalStateException e) {
            throw new DeviceException(Protocol.ESHUTDOWN, e); // it is closed
        } catch (IOException e) {
            boolean isFull = String.valueOf(e.getMessage()).contains(FULL);
            throw new DeviceException(isFull ? Protocol.ENOSPC : Protocol.EIO, e);
        } catch (RuntimeException e) {
            throw new DeviceException(Protocol.EIO, e);
        }
    }

    /** The number that the client is told. */
    int error() {
        return error;
    }
}
