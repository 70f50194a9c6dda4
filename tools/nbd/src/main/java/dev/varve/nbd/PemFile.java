package dev.varve.nbd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Blocks of a text file, each between lines that say what it is; what else is in the file is for people. Source: RFC 7468.
 *
 * @param path the file
 * @param blocks what it holds, at least one
 */
record PemFile(Path path, List<Block> blocks) {
    private static final int MAX_BYTES = 256 << 10;
    private static final Pattern BLOCK =
            Pattern.compile("^-----BEGIN ([A-Z0-9 ]+)-----\\s*$([\\s\\S]*?)^-----END \\1-----\\s*$", Pattern.MULTILINE);

    /**
     * One block.
     *
     * @param label what it is
     * @param text its bytes, in Base64
     */
    record Block(String label, String text) {}

    PemFile {
        blocks = List.copyOf(blocks);
    }

    static PemFile read(Path path) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(path)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw new IOException(path + " is not there", e);
        } catch (IOException e) {
            throw new IOException(path + " can't be read: " + e, e);
        }
        if (bytes.length > MAX_BYTES) {
            throw new IOException(path + " has more than " + MAX_BYTES + " bytes");
        }
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2)));
        }
        if (blocks.isEmpty()) {
            throw new IOException(path + " holds no PEM: no -----BEGIN ...----- with its end");
        }
        return new PemFile(path, blocks);
    }

    byte[] bytes(Block block) throws IOException {
        try {
            return Base64.getMimeDecoder().decode(block.text());
        } catch (IllegalArgumentException e) {
            throw damaged(block, e);
        }
    }

    IOException damaged(Block block, Exception e) {
        return new IOException(path + " is damaged: its " + block.label() + " makes no sense", e);
    }
}
