package dev.varve.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Sentences and commands, in turn; the commands are the real ones, and their output is shown. */
final class Story {
    private static final int WIDTH = 90;

    private final Session session;
    private final Path store;

    Story(Session session, Path store) {
        this.session = session;
        this.store = store;
    }

    /** A command failed, and has said why. */
    static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final int code;

        Ended(int code) {
            super("exit " + code);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /** Says something, in lines that fit a terminal. */
    void say(String sentence) throws IOException {
        StringBuilder line = new StringBuilder();
        session.console().print("");
        for (String word : sentence.split(" ")) {
            if (line.length() + 1 + word.length() > WIDTH && line.length() > 0) {
                session.console().print(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : " ").append(word);
        }
        session.console().print(line.toString());
        session.console().flush();
    }

    /**
     * Runs a command and shows it with what it prints.
     *
     * @return the last line of its output
     * @throws Ended when it failed
     */
    String run(String... command) throws IOException {
        Console console = session.console();
        console.print("");
        console.print("  $ varve " + String.join(" ", command));
        console.flush();
        List<String> args = new ArrayList<>(List.of(command));
        args.addAll(List.of(
                "--store",
                store.toString(),
                "--region",
                session.options().region,
                "--account",
                session.options().account));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = Main.run(args.toArray(String[]::new), InputStream.nullInputStream(), out, console);
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        lines.forEach(line -> console.print("  " + line));
        console.flush();
        if (code != Main.DONE) {
            throw new Ended(code);
        }
        return lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    }
}
