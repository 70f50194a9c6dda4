package dev.varve.nbd.powercut;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Gives commands to a {@link StoreProcess}, and notes in a journal where the disk was before each and after its answer. */
final class StoreClient implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final RecordingDisk disk;
    private final Journal journal;
    private final World world;
    private final Process process;
    private final PrintWriter commands;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private int count;

    /** Starts the process; its classes are ours. */
    StoreClient(RecordingDisk disk, Journal journal, World world, Path store, long logBytes) throws IOException {
        this.disk = disk;
        this.journal = journal;
        this.world = world;
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                        "-cp",
                        System.getProperty("java.class.path"),
                        StoreProcess.class.getName(),
                        store.toString(),
                        Long.toString(logBytes))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        commands = new PrintWriter(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, "varve-answers");
        reader.setDaemon(true);
        reader.start();
    }

    /** Notes the disk's position the moment an answer is there. */
    private void read() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                answers.add(disk.position() + " " + line);
            }
        } catch (IOException e) {
            answers.add("0 0 failed " + e);
        }
    }

    /** Has commands carried out beside each other, and waits for all of them. */
    void run(List<String> together) throws IOException {
        Map<Integer, String> open = new LinkedHashMap<>();
        for (String command : together) {
            add(new Journal.Entry(disk.position(), false, command, ""));
            open.put(count++, command);
        }
        open.forEach((number, command) -> commands.println(number + " " + command));
        while (!open.isEmpty()) {
            String[] words = next(open).split(" ", 4);
            String command = open.remove(Integer.valueOf(words[1]));
            if (command == null || !words[2].equals("done")) {
                throw new IOException("the process with the store: " + command + ": " + List.of(words));
            }
            add(new Journal.Entry(Integer.parseInt(words[0]), true, command, words[3]));
        }
    }

    private void add(Journal.Entry entry) {
        journal.add(entry);
        world.follow(entry);
    }

    private String next(Map<Integer, String> open) throws IOException {
        try {
            String answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (answer != null) {
                return answer;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new IOException("the process with the store does not answer " + open.values());
    }

    /** Kills it, so that nothing more is written but what lies in the page cache. */
    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Tool.await(process, "the process with the store");
    }
}
