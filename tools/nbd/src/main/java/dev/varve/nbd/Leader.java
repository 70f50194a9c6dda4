package dev.varve.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;

/** Who reads the requests of one connection: one at a time, though another may take over ({@link Transmission}). */
final class Leader implements Runnable {
    /** What comes with most requests. */
    static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Whole pages cost a disk least. */
    private static final int PAGE_BYTES = 4096;

    private final Transmission transmission;
    private final Commands commands;
    private final Incoming in;
    private final Outgoing out;

    /** Opened when the next leader has all that it needs of this one. */
    private final CountDownLatch handedOver = new CountDownLatch(1);

    /** Whether a request has begun and not ended, as far as this thread knows. */
    private boolean atRequest;

    private boolean replaced;

    private long begun;

    /** The same, by which others see whether one takes long. */
    private volatile long requests;

    /** What {@link Watch} saw of it. */
    private long seenRequests;

    private long seenTick;

    Leader(Transmission transmission, Incoming in, Outgoing out) {
        this.transmission = transmission;
        this.commands = transmission.commands();
        this.in = in;
        this.out = out;
    }

    Incoming in() {
        return in;
    }

    Outgoing out() {
        return out;
    }

    /** Takes what the client has sent behind its handshake. */
    void begin(Incoming handshake) {
        in.takeOver(handshake);
    }

    /** Whether it has been at the same request for two ticks; asked by one thread only. */
    boolean isHeldUp(long tick) {
        boolean isHeldUp = requests == seenRequests && tick - seenTick >= 2;
        if (requests != seenRequests || isHeldUp) {
            seenRequests = requests;
            seenTick = tick;
        }
        return isHeldUp;
    }

    /** Takes the place of one who is held up. */
    void takeOver(Leader held) {
        try {
            in.takeOver(held.in);
            held.out.sendComplete();
        } catch (IOException e) {
            transmission.fail(e);
        }
    }

    /** Nobody needs its buffers any more. */
    void handOver() {
        handedOver.countDown();
    }

    @Override
    public void run() {
        try {
            lead();
        } catch (Throwable e) {
            transmission.fail(e);
        } finally {
            awaitHandover();
            transmission.leave(this, replaced);
        }
    }

    /** The next leader reads what this one has in its buffers. */
    private void awaitHandover() {
        if (atRequest) {
            ends();
        }
        boolean interrupted = false;
        boolean waits = replaced;
        while (waits) {
            try {
                handedOver.await();
                waits = false;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void lead() throws IOException {
        boolean leads = true;
        while (leads) {
            if (in.available() < Protocol.REQUEST_BYTES) {
                out.send();
            }
            if (!in.await(Protocol.REQUEST_BYTES)) {
                return;
            }
            Request request = Request.at(in.buffer(), in.position());
            in.skip(Protocol.REQUEST_BYTES);
            if (request.type() == Protocol.CMD_DISC) {
                break;
            }
            Commands.Refusal refusal = commands.refusal(request);
            if (refusal != null) {
                out.sendComplete(); // the payload may be long in coming
                in.drop(request.payloadBytes());
                out.error(request.cookie(), refusal.error(), refusal.text());
            } else {
                leads = carryOut(request);
            }
        }
        out.send();
    }

    /** False if another leader has taken over meanwhile. */
    private boolean carryOut(Request request) throws IOException {
        if (request.payloadBytes() > in.capacity()) {
            writeLong(request);
            return true;
        }
        int payload = (int) request.payloadBytes();
        if (in.available() < payload) {
            out.sendComplete();
            in.require(payload);
        }
        ByteBuffer src = payload == 0 ? NOTHING : in.next(payload);
        boolean isSlow = Commands.isSlow(request);
        if (isSlow && in.available() > 0 && transmission.delegate(request)) {
            return true;
        }
        if (isSlow || request.has(Protocol.CMD_FLAG_FUA)) {
            out.sendComplete();
        }
        begins();
        commands.execute(request, src, out);
        ends();
        return !replaced;
    }

    private void begins() {
        requests = ++begun;
        atRequest = true;
        transmission.begins(this);
    }

    private void ends() {
        atRequest = false;
        replaced = !transmission.ends(this);
    }

    /** Writes what does not fit into the buffer, page by page as it comes. */
    private void writeLong(Request request) throws IOException {
        out.sendComplete();
        long at = request.offsetBytes();
        long end = at + request.payloadBytes();
        DeviceException failure = null;
        while (at < end) {
            int want = (int) Math.min(end - at, (in.capacity() & -PAGE_BYTES) - (at & (PAGE_BYTES - 1)));
            in.require(want);
            try {
                if (failure == null) {
                    commands.write(in.next(want), at);
                } else {
                    in.skip(want);
                }
            } catch (DeviceException e) {
                failure = e;
            }
            at += want;
        }
        try {
            if (failure != null) {
                throw failure;
            }
            commands.finish(request);
            out.simple(request.cookie(), Protocol.OK);
        } catch (DeviceException e) {
            out.error(request.cookie(), e.error(), String.valueOf(e.getMessage()));
        }
    }
}
