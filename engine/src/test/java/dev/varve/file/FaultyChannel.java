package dev.varve.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/** A channel whose calls {@link FaultyFiles} may let fail. It has no position of its own: only positional calls work. */
final class FaultyChannel extends FileChannel {
    private final FaultyFiles files;
    private final FileChannel channel;
    private final Path path;
    private final int life;

    /** Of the file's syncs that failed, how many it has been told of. */
    private int toldFailures;

    FaultyChannel(FaultyFiles files, FileChannel channel, Path path, int life, int failures) {
        this.files = files;
        this.channel = channel;
        this.path = path;
        this.life = life;
        toldFailures = failures;
    }

    @Override
    public int read(ByteBuffer dst, long position) throws IOException {
        files.beforeRead.run();
        files.requireGood(path, position, dst.remaining(), false);
        int limit = dst.limit();
        dst.limit(dst.position() + files.read(path, life, dst.remaining()));
        try {
            return channel.read(dst, position);
        } finally {
            dst.limit(limit);
        }
    }

    @Override
    public int write(ByteBuffer src, long position) throws IOException {
        return files.write(channel, path, life, src, position);
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
        files.truncate(channel, path, life, size);
        return this;
    }

    @Override
    public void force(boolean metaData) throws IOException {
        files.beforeSync.run();
        int told = toldFailures;
        toldFailures = files.failures(path);
        if (toldFailures > told) {
            throw new IOException("a write-back of " + path + " has failed");
        }
        try {
            files.sync(path, life);
        } catch (IOException e) {
            toldFailures = files.failures(path);
            throw e;
        }
    }

    @Override
    public long size() throws IOException {
        files.read(path, life);
        return channel.size();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) throws IOException {
        return channel.lock(position, size, shared);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return channel.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        channel.close();
    }

    @Override
    public int read(ByteBuffer dst) {
        throw positionalOnly();
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) {
        throw positionalOnly();
    }

    @Override
    public int write(ByteBuffer src) {
        throw positionalOnly();
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) {
        throw positionalOnly();
    }

    @Override
    public long position() {
        throw positionalOnly();
    }

    @Override
    public FileChannel position(long newPosition) {
        throw positionalOnly();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
        throw positionalOnly();
    }

    @Override
    public long transferFrom(ReadableByteChannel src, long position, long count) {
        throw positionalOnly();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new UnsupportedOperationException("a mapping would bypass the faults");
    }

    private static UnsupportedOperationException positionalOnly() {
        return new UnsupportedOperationException("only positional calls");
    }
}
