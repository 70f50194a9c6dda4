package dev.varve.cli;

import dev.varve.Engine;
import dev.varve.EngineScope;
import dev.varve.image.Architecture;
import dev.varve.image.Image;
import dev.varve.instance.Instance;
import dev.varve.instance.LaunchRequest;
import dev.varve.nbd.NbdOptions;
import dev.varve.nbd.NbdServer;
import dev.varve.volume.Volume;
import dev.varve.volume.VolumeAttachment;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code varve boot}. */
@Command(
        name = "boot",
        header = "Boot an image or a volume in QEMU.",
        description = {
            "",
            "An image is launched first: what the guest writes goes to the new volume, which stays. QEMU gets",
            "the processor and the firmware that the image names; what follows -- is passed on to it."
        },
        footer = {
            "",
            "Examples:",
            "  varve boot ami-0123456789abcdef0",
            "  varve boot vol-0123456789abcdef0 -- -m 4G -nic user,hostfwd=tcp::2222-:22",
            "  varve boot ami-0123456789abcdef0 -- -kernel vmlinuz -initrd initrd.img \\",
            "             -append 'root=/dev/vda console=ttyS0'",
        })
final class BootCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "IMAGE|VOLUME", description = "What to boot (ami-..., vol-...).")
    private String id = "";

    @Parameters(index = "1..*", paramLabel = "QEMU ARGS", description = "More for QEMU's command line, after --.")
    private List<String> words = new ArrayList<>();

    @Option(
            names = "--qemu",
            paramLabel = "PROGRAM",
            description = "QEMU, if it is not the usual one for the processor.")
    private @Nullable String program;

    @Option(
            names = "--arch",
            paramLabel = "A",
            converter = ImportCommand.ArchitectureConverter.class,
            completionCandidates = ImportCommand.ArchitectureNames.class,
            description = "The processor, where no image says it.")
    private Architecture architecture = Architecture.X86_64;

    BootCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        UntilSignal signal =
                session.isServed() ? null : session.signal(); // QEMU ends first, then what it wrote is made durable
        Engine engine = session.open();
        EngineScope scope = session.scope(engine);
        Qemu qemu = qemu(scope);
        if (!session.caller().hasProgram(qemu.program())) {
            throw new Failure(
                    qemu.program(),
                    "QEMU is not there; install qemu-system-x86 or qemu-system-arm, or name it with --qemu");
        }
        if (!session.isServed()) {
            engine.warmUp(); // to rehearse would take longer than it saves: QEMU starts
        }
        if (signal != null && signal.hasCome()) {
            return Main.FAILED;
        }
        Volume volume = volume(scope);
        StoreExports exports = new StoreExports(scope, List.of(volume.id()));
        try (TemporaryFolder folder = new TemporaryFolder("varve-boot-");
                NbdServer server = NbdServer.start(
                        UnixDomainSocketAddress.of(folder.path().resolve("s")), exports, NbdOptions.DEFAULT)) {
            session.serve();
            List<String> command = qemu.command(new NbdUri(server.address(), false).of(volume.id()));
            session.console().err().println("Booting " + volume.id() + ".");
            return run(command);
        }
    }

    /** What boots it; found out before anything is made. */
    private Qemu qemu(EngineScope scope) throws IOException {
        if (Ids.isImage(id)) {
            Image image = scope.images().get(id);
            return new Qemu(program, image.architecture(), image.bootMode(), words);
        }
        if (!Ids.isVolume(id)) {
            throw Ids.unknown(id, "an image (ami-...) or a volume (vol-...)");
        }
        VolumeAttachment attachment = scope.volumes().get(id).attachment();
        if (attachment == null) {
            return new Qemu(program, architecture, null, words);
        }
        Instance instance = scope.instances().get(attachment.instanceId());
        return new Qemu(program, instance.architecture(), instance.bootMode(), words);
    }

    private Volume volume(EngineScope scope) throws IOException {
        if (Ids.isVolume(id)) {
            return scope.volumes().get(id);
        }
        Instance instance = scope.instances().launch(LaunchRequest.of(id)).get(0);
        for (String each : instance.volumeIds()) {
            Volume volume = scope.volumes().get(each);
            VolumeAttachment attachment = volume.attachment();
            if (attachment != null && attachment.deviceName().equals(instance.rootDeviceName())) {
                return volume;
            }
        }
        throw new Failure(id, "its root device has no volume");
    }

    private int run(List<String> command) throws IOException {
        int code;
        try {
            code = session.caller().run(command);
        } catch (IOException e) {
            throw new Failure(command.get(0), "can't be run: " + e.getMessage(), e);
        }
        if (code != 0) {
            throw new Failure(command.get(0), "ended with exit code " + code);
        }
        return Main.DONE;
    }
}
