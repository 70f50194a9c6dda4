package dev.varve.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.block.BlockDevice;
import dev.varve.block.Extent;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A disk that is read at any place: the cursor stands under a lock, reads do not. */
final class DeviceSource extends BlockSource {
    private final BlockDevice device;

    DeviceSource(BlockDevice device) {
        this.device = device;
    }

    @Override
    long knownSizeBytes() throws IOException {
        return requireSize(device.sizeBytes());
    }

    @Override
    CopyPieces.Feed feed(int blockSizeBytes) throws IOException {
        return new DeviceFeed(device, knownSizeBytes(), blockSizeBytes);
    }

    /** Pieces of a device: whole blocks of which some part may hold data, and the holes between them. */
    private static final class DeviceFeed implements CopyPieces.Feed {
        private static final int EXTENTS = 1024;

        private final BlockDevice device;
        private final long sizeBytes;
        private final int blockSizeBytes;

        @GuardedBy("this")
        private List<Extent> extents = List.of();

        /** The first extent that may reach past the cursor. */
        @GuardedBy("this")
        private int extent;

        /** Where the extents that were passed over end. */
        @GuardedBy("this")
        private long mapped;

        @GuardedBy("this")
        private long cursor;

        @GuardedBy("this")
        private long ticket;

        DeviceFeed(BlockDevice device, long sizeBytes, int blockSizeBytes) {
            this.device = device;
            this.sizeBytes = sizeBytes;
            this.blockSizeBytes = blockSizeBytes;
        }

        @Override
        public long sizeBytes() {
            return sizeBytes;
        }

        @Override
        public boolean next(Piece piece) throws IOException {
            if (!claim(piece)) {
                return false;
            }
            if (!piece.isHole()) {
                device.read(piece.bytes(0, Math.toIntExact(piece.lengthBytes())), piece.offsetBytes());
                piece.pad();
            }
            return true;
        }

        private synchronized boolean claim(Piece piece) throws IOException {
            if (cursor == sizeBytes) {
                return false;
            }
            long from = cursor;
            Extent data = dataFrom(from);
            long start =
                    data == null ? sizeBytes : Math.max(from, data.offsetBytes() / blockSizeBytes * blockSizeBytes);
            if (data == null || start > from) {
                cursor = start;
                piece.setHole(ticket++, from, start - from);
            } else {
                long blocks = (data.endBytes() - from + blockSizeBytes - 1) / blockSizeBytes;
                long length = Math.min(blocks * blockSizeBytes, piece.capacityBytes());
                cursor = Math.min(from + length, sizeBytes);
                piece.setData(ticket++, from, Math.toIntExact(cursor - from));
            }
            return true;
        }

        /** The first extent that is set and ends after a place; null when only zeros follow. */
        @GuardedBy("this")
        private @Nullable Extent dataFrom(long place) throws IOException {
            while (true) {
                for (; extent < extents.size(); extent++) {
                    Extent each = extents.get(extent);
                    if (each.set() && each.endBytes() > place) {
                        return each;
                    }
                    mapped = each.endBytes();
                }
                long from = Math.max(mapped, place);
                if (from >= sizeBytes) {
                    return null;
                }
                extents = device.extents(BlockDevice.ALLOCATION, from, sizeBytes - from, EXTENTS);
                extent = 0;
                if (extents.isEmpty()) {
                    throw new IOException("the disk tells no extents from " + from + " on");
                }
            }
        }
    }
}
