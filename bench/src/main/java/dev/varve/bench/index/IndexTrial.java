package dev.varve.bench.index;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/** One index on disk under one setting: built, opened, read, written to. For one thread. */
final class IndexTrial {
    static final int COMMIT_CHUNKS = 8192;

    final IndexSettings settings;
    final double[] buildSeconds = new double[2];
    final List<Double> openMillis = new ArrayList<>();
    final List<Double> closeMillis = new ArrayList<>();
    final List<Double> commitMillis = new ArrayList<>();
    final List<Double> hitMicros = new ArrayList<>();
    final List<Double> missMicros = new ArrayList<>();
    final List<Double> slowHitMicros = new ArrayList<>();
    long diskBytes;
    long cacheBytes;
    long readerBytes;

    private final Path folder;
    private final long entries;
    private long written;

    IndexTrial(IndexSettings settings, Path folder, long entries) {
        this.settings = settings;
        this.folder = folder;
        this.entries = entries;
    }

    /** An open index; native objects are closed in order. */
    private final class Open implements AutoCloseable {
        private final ColumnFamilyOptions table = ColumnFamilyOptions.getColumnFamilyOptionsFromProps(tableOptions());
        private final DBOptions options = new DBOptions()
                .setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
                .setMaxTotalWalSize(64 << 20)
                .setMaxBackgroundJobs(2)
                .setBytesPerSync(1 << 20)
                .setMaxFileOpeningThreads(1)
                .setStatsDumpPeriodSec(0);
        private final ReadOptions read = new ReadOptions();
        private final List<ColumnFamilyHandle> handles = new ArrayList<>();
        private final RocksDB db;
        private final ColumnFamilyHandle chunks;

        Open() throws RocksDBException {
            db = RocksDB.open(
                    options,
                    folder.toString(),
                    List.of(
                            new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, table),
                            new ColumnFamilyDescriptor("chunks".getBytes(US_ASCII), table)),
                    handles);
            chunks = handles.get(1);
        }

        private Properties tableOptions() {
            Properties properties = new Properties();
            properties.setProperty("block_based_table_factory", settings.tableFactory());
            properties.setProperty("write_buffer_size", String.valueOf(16 << 20));
            properties.setProperty("compression", "kNoCompression");
            properties.setProperty("level_compaction_dynamic_level_bytes", "true");
            return properties;
        }

        @Override
        public void close() {
            handles.forEach(ColumnFamilyHandle::close);
            db.close();
            read.close();
            options.close();
            table.close();
        }
    }

    /** Fills the index in commits of 8,192 and waits for its compactions. */
    void build() throws RocksDBException, IOException {
        Files.createDirectories(folder);
        long start = System.nanoTime();
        long cpuStart = processCpuNanos();
        try (Open open = new Open();
                WriteOptions unsynced = new WriteOptions();
                FlushOptions flush = new FlushOptions()) {
            while (written < entries) {
                write(open, unsynced, (int) Math.min(COMMIT_CHUNKS, entries - written));
            }
            open.db.flush(flush, open.handles);
            awaitCompactions(open);
        }
        buildSeconds[0] = (System.nanoTime() - start) / 1e9;
        buildSeconds[1] = (processCpuNanos() - cpuStart) / 1e9;
        diskBytes = diskBytes();
    }

    /** RocksDB's own call for this is not in its Java interface. */
    private static void awaitCompactions(Open open) throws RocksDBException {
        while (open.db.getLongProperty(open.chunks, "rocksdb.compaction-pending")
                        + open.db.getLongProperty(open.chunks, "rocksdb.num-running-compactions")
                > 0) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    private void write(Open open, WriteOptions options, int count) throws RocksDBException {
        byte[] key = new byte[IndexKeys.KEY_BYTES];
        byte[] value = new byte[IndexKeys.VALUE_BYTES];
        try (WriteBatch batch = new WriteBatch()) {
            for (int i = 0; i < count; i++) {
                IndexKeys.key(written, key);
                IndexKeys.value(written++, value);
                batch.put(open.chunks, key, value);
            }
            open.db.write(options, batch);
        }
    }

    /** One round: open, read {@code gets} present and as many absent keys, commit once, close. */
    void round(int number, int gets) throws RocksDBException {
        long start = System.nanoTime();
        Open open = new Open();
        openMillis.add((System.nanoTime() - start) / 1e6);
        try {
            read(open, number * 7919L, entries, gets / 4, new double[2]);
            double[] hit = new double[2];
            double[] miss = new double[2];
            read(open, number * 104_729L + 1, entries, gets, hit);
            read(open, entries * 1_000L + number * 1_000_003L, Long.MAX_VALUE, gets, miss);
            hitMicros.add(hit[0]);
            slowHitMicros.add(hit[1]);
            missMicros.add(miss[0]);
            cacheBytes = open.db.getLongProperty(open.chunks, "rocksdb.block-cache-usage");
            readerBytes = open.db.getLongProperty(open.chunks, "rocksdb.estimate-table-readers-mem");
            commit(open);
        } finally {
            long stop = System.nanoTime();
            open.close();
            closeMillis.add((System.nanoTime() - stop) / 1e6);
        }
    }

    /** Median and 99th percentile in microseconds of gets of random keys numbered below a limit. */
    private static void read(Open open, long seed, long limit, int gets, double[] micros) throws RocksDBException {
        byte[] key = new byte[IndexKeys.KEY_BYTES];
        byte[] value = new byte[IndexKeys.VALUE_BYTES];
        long[] nanos = new long[gets];
        int found = 0;
        for (int i = 0; i < gets; i++) {
            long random = IndexKeys.mix(seed + i) >>> 1;
            IndexKeys.key(limit == Long.MAX_VALUE ? seed + i : random % limit, key);
            long start = System.nanoTime();
            found += open.db.get(open.chunks, open.read, key, value) == RocksDB.NOT_FOUND ? 0 : 1;
            nanos[i] = System.nanoTime() - start;
        }
        if (found != (limit == Long.MAX_VALUE ? 0 : gets)) {
            throw new IllegalStateException("found " + found + " of " + gets);
        }
        Arrays.sort(nanos);
        micros[0] = nanos[gets / 2] / 1e3;
        micros[1] = nanos[(int) (gets * 0.99)] / 1e3;
    }

    private void commit(Open open) throws RocksDBException {
        try (WriteOptions unsynced = new WriteOptions();
                WriteOptions synced = new WriteOptions().setSync(true);
                WriteBatch last = new WriteBatch()) {
            long start = System.nanoTime();
            write(open, unsynced, COMMIT_CHUNKS);
            last.put(open.handles.get(0), ("r" + written).getBytes(US_ASCII), new byte[200]);
            open.db.write(synced, last);
            commitMillis.add((System.nanoTime() - start) / 1e6);
        }
    }

    private long diskBytes() throws IOException {
        long total = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                total += Files.size(file);
            }
        }
        return total;
    }

    private static long processCpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean)
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
