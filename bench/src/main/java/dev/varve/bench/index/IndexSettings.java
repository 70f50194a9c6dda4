package dev.varve.bench.index;

import java.util.List;

/**
 * One way to set RocksDB up for the chunk index, in RocksDB's own words.
 *
 * @param name for the report
 * @param table options of {@code block_based_table_factory}, without the block cache
 * @param cacheMib size of the block cache
 */
record IndexSettings(String name, String table, int cacheMib) {
    private static final String BLOOM = "filter_policy=bloomfilter:10:false;";
    private static final String PARTITIONED = "index_type=kTwoLevelIndexSearch;partition_filters=true;"
            + "cache_index_and_filter_blocks=true;cache_index_and_filter_blocks_with_high_priority=true;"
            + "pin_l0_filter_and_index_blocks_in_cache=true;pin_top_level_index_and_filter=true;";
    private static final String BLOCK_4K = "block_size=4096;";
    private static final String BLOCK_16K = "block_size=16384;";
    private static final String BASE = BLOCK_4K + PARTITIONED + BLOOM;
    private static final String HASHED =
            "data_block_index_type=kDataBlockBinaryAndHash;data_block_hash_table_util_ratio=0.75;";

    /** What is compared: each differs from the first in one thing. */
    static List<IndexSettings> compared() {
        return List.of(
                new IndexSettings("base: 4 KiB, partitioned, bloom 10, 32 MiB", BASE, 32),
                new IndexSettings("block 2 KiB", "block_size=2048;" + PARTITIONED + BLOOM, 32),
                new IndexSettings("block 16 KiB", BLOCK_16K + PARTITIONED + BLOOM, 32),
                new IndexSettings("index and filters whole, in the cache", wholeCached(), 32),
                new IndexSettings("index and filters whole, outside it", BLOCK_4K + BLOOM, 32),
                new IndexSettings("no filter", BLOCK_4K + PARTITIONED, 32),
                new IndexSettings("ribbon 10", BLOCK_4K + PARTITIONED + "filter_policy=ribbonfilter:10:0;", 32),
                new IndexSettings("bloom 14", BLOCK_4K + PARTITIONED + "filter_policy=bloomfilter:14:false;", 32),
                new IndexSettings("hash in data blocks", BASE + HASHED, 32),
                new IndexSettings("partitions of 16 KiB", BASE + "metadata_block_size=16384;", 32),
                new IndexSettings("interpolated index search", BASE + "index_block_search_type=kInterpolation;", 32),
                new IndexSettings("cache 4 MiB", BASE, 4),
                new IndexSettings("cache 4 MiB, index and filters whole, in it", wholeCached(), 4),
                new IndexSettings("cache 128 MiB", BASE, 128));
    }

    private static String wholeCached() {
        return BLOCK_4K + BLOOM + "cache_index_and_filter_blocks=true;"
                + "cache_index_and_filter_blocks_with_high_priority=true;pin_l0_filter_and_index_blocks_in_cache=true;";
    }

    /** The table factory as RocksDB's option parser takes it. */
    String tableFactory() {
        return "{" + table + "whole_key_filtering=true;format_version=6;block_cache={capacity="
                + ((long) cacheMib << 20) + ";num_shard_bits=4;high_pri_pool_ratio=0.5;};}";
    }
}
