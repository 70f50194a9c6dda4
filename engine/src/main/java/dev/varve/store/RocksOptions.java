package dev.varve.store;

import java.util.ArrayList;
import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.Filter;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteOptions;

/**
 * RocksDB's settings for the four tables of the index, and the native objects that hold them; closed after the
 * database. Decision 0003 has the measurements.
 *
 * <ul>
 *   <li>Keys are hashes: nothing compresses but manifest nodes and records, and every look-up is of a whole key, so each
 *       table has a Bloom filter of 10 bits a key.
 *   <li>Index and filter blocks are partitioned and live in the block cache, so that memory is bounded by the cache
 *       whatever the size of the store.
 *   <li>WAL recovery stops at the first record that is torn or damaged, in whichever log: what is replayed is a prefix.
 *       {@link Head} tells damage from a crash.
 *   <li>All tables are flushed together, so that no damage to the manifest takes one of them back in time alone, and no
 *       log outlives the next.
 * </ul>
 */
final class RocksOptions implements AutoCloseable {
    private static final long MIB = 1 << 20;

    private final Cache blockCache;
    private final Filter bloom = new BloomFilter(10, false);
    private final List<ColumnFamilyOptions> tables = new ArrayList<>();
    final DBOptions db;
    final ReadOptions read = new ReadOptions();
    final ReadOptions scan = new ReadOptions().setFillCache(false).setVerifyChecksums(true);
    final WriteOptions unsynced = new WriteOptions().setSync(false);
    final WriteOptions synced = new WriteOptions().setSync(true);

    RocksOptions(long blockCacheBytes) {
        blockCache = new LRUCache(blockCacheBytes, 4, false, 0.5);
        db = new DBOptions()
                .setCreateIfMissing(false)
                .setCreateMissingColumnFamilies(false)
                .setParanoidChecks(true)
                .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
                .setAtomicFlush(true)
                .setMaxTotalWalSize(64 * MIB)
                .setMaxBackgroundJobs(2)
                .setBytesPerSync(MIB)
                .setMaxManifestFileSize(16 * MIB)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setKeepLogFileNum(2)
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0);
    }

    /** Settings of a table whose memtable takes so many bytes; to be used for one table and owned by this object. */
    ColumnFamilyOptions table(long memtableBytes, CompressionType compression) {
        BlockBasedTableConfig blocks = new BlockBasedTableConfig()
                .setBlockCache(blockCache)
                .setFilterPolicy(bloom)
                .setWholeKeyFiltering(true)
                .setIndexType(IndexType.kTwoLevelIndexSearch)
                .setPartitionFilters(true)
                .setCacheIndexAndFilterBlocks(true)
                .setCacheIndexAndFilterBlocksWithHighPriority(true)
                .setPinL0FilterAndIndexBlocksInCache(true)
                .setPinTopLevelIndexAndFilter(true)
                .setFormatVersion(6);
        ColumnFamilyOptions options = new ColumnFamilyOptions()
                .setTableFormatConfig(blocks)
                .setWriteBufferSize(memtableBytes)
                .setLevelCompactionDynamicLevelBytes(true)
                .setCompressionType(compression);
        tables.add(options);
        return options;
    }

    @Override
    public void close() {
        synced.close();
        unsynced.close();
        scan.close();
        read.close();
        tables.forEach(ColumnFamilyOptions::close);
        db.close();
        bloom.close();
        blockCache.close();
    }
}
