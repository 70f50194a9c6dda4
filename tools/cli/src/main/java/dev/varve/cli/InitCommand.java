package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineInfo;
import dev.varve.NewStore;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code varve init}. */
@Command(
        name = "init",
        header = "Create an empty store.",
        footer = {
            "",
            "Examples:",
            "  varve init",
            "  varve init --store /srv/varve --codec zstd",
        })
final class InitCommand implements Callable<Integer>, StaysHere {
    /** Codecs as people name them. */
    enum Codec {
        lz4(NewStore.Codec.LZ4),
        zstd(NewStore.Codec.ZSTD),
        none(NewStore.Codec.STORED);

        private final NewStore.Codec codec;

        Codec(NewStore.Codec codec) {
            this.codec = codec;
        }

        static String name(NewStore.Codec codec) {
            return codec == NewStore.Codec.STORED ? none.name() : codec.name().toLowerCase(Locale.ROOT);
        }
    }

    private final Session session;

    @Option(
            names = "--chunk-size",
            paramLabel = "S",
            converter = Sizes.Converter.class,
            description = "Bytes stored as one, a power of two from 4K to 512K; 64K if not given.")
    private long chunkSize = NewStore.DEFAULT.chunkSizeBytes();

    @Option(
            names = "--codec",
            paramLabel = "C",
            description = "How content is compressed: lz4 (if not given), zstd (smaller, slower) or none.")
    private Codec codec = Codec.lz4;

    InitCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Engine engine = session.create(newStore());
        EngineInfo info = engine.info();
        if (session.json()) {
            session.console()
                    .print(Json.object(
                            json -> json.text("Store", session.store().toString())
                                    .text("StoreId", info.storeId().toString())
                                    .number("ChunkSize", info.chunkSizeBytes())
                                    .text("Codec", Codec.name(info.codec()))));
        } else {
            session.console()
                    .print("Created a store at " + session.store() + ": chunks of "
                            + Sizes.format(info.chunkSizeBytes()) + ", codec " + Codec.name(info.codec()) + ".");
        }
        return Main.DONE;
    }

    private NewStore newStore() {
        try {
            return new NewStore(Math.toIntExact(chunkSize), codec.codec);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new BadUsage("a chunk size is a power of two from 4K to 512K, not " + Sizes.format(chunkSize));
        }
    }
}
