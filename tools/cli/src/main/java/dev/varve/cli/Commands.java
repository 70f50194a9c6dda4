package dev.varve.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;

/**
 * The commands by name. Reading a command's annotations takes picocli a few milliseconds, so of all commands only those
 * are read whose name is among the arguments; help, completion and mistakes get all of them.
 */
final class Commands {
    private static final int HELP_COLUMNS = 100;

    private static final Map<String, Function<Session, Object>> ALL = new LinkedHashMap<>();

    static {
        ALL.put("init", InitCommand::new);
        ALL.put("import", ImportCommand::new);
        ALL.put("export", ExportCommand::new);
        ALL.put("images", ImagesCommand::new);
        ALL.put("launch", LaunchCommand::new);
        ALL.put("serve", ServeCommand::new);
        ALL.put("boot", BootCommand::new);
        ALL.put("snapshots", SnapshotsCommand::new);
        ALL.put("volumes", VolumesCommand::new);
        ALL.put("show", ShowCommand::new);
        ALL.put("diff", DiffCommand::new);
        ALL.put("image", ImageGroup::commandLine);
        ALL.put("snapshot", SnapshotGroup::commandLine);
        ALL.put("volume", VolumeGroup::commandLine);
        ALL.put("instance", InstanceGroup::commandLine);
        ALL.put("check", CheckCommand::new);
        ALL.put("repair", RepairCommand::new);
        ALL.put("gc", GcCommand::new);
        ALL.put("restore", RestoreCommand::new);
        ALL.put("stats", StatsCommand::new);
        ALL.put("quickstart", QuickstartCommand::new);
        ALL.put("completion", CompletionCommand::new);
    }

    private Commands() {}

    /** Their names, in the order of the help text. */
    static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /** Whether a command's name is among the arguments. */
    static boolean isAnyNamed(String[] args) {
        return Arrays.stream(args).anyMatch(ALL::containsKey);
    }

    /** The command line for these arguments. */
    static CommandLine commandLine(GlobalOptions options, Session session, String[] args) {
        List<String> named = Arrays.stream(args).filter(ALL::containsKey).toList();
        return build(session, named.isEmpty() ? List.copyOf(ALL.keySet()) : named);
    }

    /** The command line with every command. */
    static CommandLine all(Session session) {
        return build(session, List.copyOf(ALL.keySet()));
    }

    private static CommandLine build(Session session, List<String> names) {
        CommandLine line = new CommandLine(new VarveCommand(session.options()));
        for (Map.Entry<String, Function<Session, Object>> command : ALL.entrySet()) {
            if (names.contains(command.getKey())) {
                line.addSubcommand(command.getKey(), command.getValue().apply(session));
            }
        }
        line.getCommandSpec().versionProvider(new Version());
        line.setUsageHelpWidth(HELP_COLUMNS);
        line.setExpandAtFiles(false); // a server that carries it out would take its own files
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line;
    }
}
