package dev.varve.bench.index;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.varve.bench.Folders;
import dev.varve.bench.TextTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.stream.Stream;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.DBOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * What does opening and closing a small index cost, which every command pays, and which option of RocksDB makes it cheaper?
 *
 * <p>Workload: four tables, 8,192 chunk entries. Rounds, alternating between the options: open, write one record synced
 * (every other round), flush, close. The lower quartile of the rounds, without the first.
 *
 * <pre>bench/run --opening [--rounds N] [FOLDER]</pre>
 */
public final class IndexOpeningBenchmark {
    private static final List<String> TABLES = List.of("default", "chunks", "nodes", "leases");

    private IndexOpeningBenchmark() {}

    /** What differs: RocksDB's options by name. */
    private record Variant(String name, String options, List<Double> open, List<Double> write, List<Double> close) {
        Variant(String name, String options) {
            this(name, options, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    private static final String QUIET = "stats_dump_period_sec=0;stats_persist_period_sec=0;info_log_level=WARN_LEVEL;";
    private static final String ONE_THREAD = QUIET + "max_file_opening_threads=1;";

    private static List<Variant> variants() {
        return List.of(
                new Variant("RocksDB's defaults", ""),
                new Variant("quiet: no statistics, warnings only", QUIET),
                new Variant("+ 1 thread opens files", ONE_THREAD),
                new Variant("+ reuse_manifest_on_open", ONE_THREAD + "reuse_manifest_on_open=true;"),
                new Variant("+ fast_sst_open", ONE_THREAD + "fast_sst_open=true;"),
                new Variant(
                        "+ open_files_async", ONE_THREAD + "open_files_async=true;skip_stats_update_on_db_open=true;"),
                new Variant("+ max_open_files 1000", ONE_THREAD + "max_open_files=1000;"),
                new Variant("+ skip_stats_update_on_db_open", ONE_THREAD + "skip_stats_update_on_db_open=true;"));
    }

    /**
     * Runs it and prints a table.
     *
     * @param arguments see above
     * @throws Exception when the folder can't be written
     */
    public static void main(String[] arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of(arguments));
        int rounds = 20;
        int at = words.indexOf("--rounds");
        if (at >= 0) {
            words.remove(at);
            rounds = Integer.parseInt(words.remove(at));
        }
        Path folder = words.isEmpty() ? Files.createTempDirectory("varve-opening") : Path.of(words.get(0));
        RocksDB.loadLibrary();
        List<Variant> variants = variants();
        try {
            for (int i = 0; i <= rounds; i++) {
                for (Variant variant : variants) {
                    Path index = folder.resolve(String.valueOf(variants.indexOf(variant)));
                    Files.createDirectories(index);
                    round(variant, index, i);
                }
            }
            TextTable table = new TextTable("open and close, ms", "open", "write and flush", "close", "files");
            for (Variant variant : variants) {
                Path index = folder.resolve(String.valueOf(variants.indexOf(variant)));
                try (Stream<Path> files = Files.list(index)) {
                    table.add(
                            variant.name,
                            quartile(variant.open),
                            quartile(variant.write),
                            quartile(variant.close),
                            String.valueOf(files.count()));
                }
            }
            System.out.println(table);
        } finally {
            Folders.delete(folder);
        }
    }

    private static void round(Variant variant, Path index, int number) throws RocksDBException {
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        List<ColumnFamilyDescriptor> tables = new ArrayList<>();
        long start = System.nanoTime();
        try (DBOptions options = DBOptions.getDBOptionsFromProps(options(variant));
                ColumnFamilyOptions table = new ColumnFamilyOptions();
                WriteOptions synced = new WriteOptions().setSync(true);
                FlushOptions flush = new FlushOptions()) {
            TABLES.forEach(name -> tables.add(new ColumnFamilyDescriptor(name.getBytes(US_ASCII), table)));
            options.setCreateIfMissing(true).setCreateMissingColumnFamilies(true);
            try (RocksDB db = RocksDB.open(options, index.toString(), tables, handles)) {
                long opened = System.nanoTime();
                variant.open.add((opened - start) / 1e6);
                if (number % 2 == 0) {
                    write(db, handles, number == 0 ? 8192 : 1, synced);
                    db.flush(flush, handles);
                    variant.write.add((System.nanoTime() - opened) / 1e6);
                }
                start = System.nanoTime();
                handles.forEach(ColumnFamilyHandle::close);
            }
            variant.close.add((System.nanoTime() - start) / 1e6);
        }
    }

    private static Properties options(Variant variant) {
        Properties properties = new Properties();
        properties.setProperty("max_background_jobs", "2");
        for (String option : variant.options.split(";")) {
            if (!option.isEmpty()) {
                properties.setProperty(option.split("=")[0], option.split("=")[1]);
            }
        }
        return properties;
    }

    private static void write(RocksDB db, List<ColumnFamilyHandle> handles, int chunks, WriteOptions synced)
            throws RocksDBException {
        byte[] key = new byte[IndexKeys.KEY_BYTES];
        byte[] value = new byte[IndexKeys.VALUE_BYTES];
        try (WriteBatch batch = new WriteBatch()) {
            for (int i = 0; i < chunks; i++) {
                IndexKeys.key(i, key);
                IndexKeys.value(i, value);
                batch.put(handles.get(1), key, value);
            }
            for (ColumnFamilyHandle handle : handles) {
                batch.put(handle, key, value);
            }
            db.write(synced, batch);
        }
    }

    private static String quartile(List<Double> values) {
        List<Double> rest = new ArrayList<>(values.subList(1, values.size()));
        Collections.sort(rest);
        return String.format(Locale.ROOT, "%.1f", rest.get(rest.size() / 4));
    }
}
