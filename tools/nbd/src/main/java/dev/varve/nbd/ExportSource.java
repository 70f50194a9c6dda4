package dev.varve.nbd;

import dev.varve.block.BlockDevice;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The disks that a server has. Called from many threads; names come from clients, and may be anything. */
public interface ExportSource {
    /**
     * What a client is told who asks for a list.
     *
     * @return all, in the order in which they are told
     * @throws IOException when nobody knows
     */
    List<NbdExport> list() throws IOException;

    /**
     * One of them.
     *
     * @param name at most 4,096 bytes; empty for the one that is meant when none is named
     * @return null when there is none
     * @throws IOException when nobody knows
     */
    @Nullable
    NbdExport find(String name) throws IOException;

    /**
     * Opens one. The server does so when the first client comes, closes it when the last has gone, and shares it among all
     * between.
     *
     * @param name as in {@link NbdExport#name()}
     * @return the disk, the server's to close
     * @throws IOException when it can't be opened, or is not there any more
     */
    BlockDevice open(String name) throws IOException;
}
