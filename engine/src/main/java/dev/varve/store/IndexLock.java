package dev.varve.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The lock of an index that RocksDB can't open: the same lock of the same file that RocksDB would hold, so that no process
 * opens the store meanwhile. RocksDB is asked first, since a process's locks are one to the system: to look at a file that
 * this process has locked would unlock it (decision 0002). A store that is opened in this process afterwards is not kept out.
 */
final class IndexLock implements AutoCloseable {
    private final FileChannel file;

    private IndexLock(FileChannel file) {
        this.file = file;
    }

    /**
     * Takes the lock.
     *
     * @param index folder of the index
     * @throws StoreInUseException when somebody has it
     */
    static IndexLock take(StoreLayout layout, Path index) throws IOException {
        try {
            RocksIndex.requireFree(index);
        } catch (StoreInUseException e) {
            throw new StoreInUseException(layout.root(), StoreFiles.owner(layout), e);
        }
        FileChannel file = FileChannel.open(index.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = file.tryLock();
            if (lock != null) {
                return new IndexLock(file);
            }
        } catch (OverlappingFileLockException e) {
            // another rebuild in this process
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        file.close();
        throw new StoreInUseException(layout.root(), StoreFiles.owner(layout), null);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
