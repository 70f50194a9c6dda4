package dev.varve.cli;

import dev.varve.image.Architecture;
import dev.varve.image.BootMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The command line that boots a disk. Words of the user's own stand last, and where they replace one of ours, that is left out. */
final class Qemu {
    private static final List<Path> X86_FIRMWARE =
            List.of(Path.of("/usr/share/ovmf/OVMF.fd"), Path.of("/usr/share/edk2/ovmf/OVMF_CODE.fd"));
    private static final List<Path> ARM_FIRMWARE =
            List.of(Path.of("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"), Path.of("/usr/share/AAVMF/AAVMF_CODE.fd"));

    private final @Nullable String program;
    private final Architecture architecture;
    private final @Nullable BootMode bootMode;
    private final List<String> own;
    private final @Nullable Path firmware;

    /**
     * For one disk.
     *
     * @param program null for the usual one
     * @param bootMode null for what the processor's machines have
     * @param own more words, as QEMU takes them
     * @throws Failure when the firmware that it needs is not there
     */
    Qemu(@Nullable String program, Architecture architecture, @Nullable BootMode bootMode, List<String> own) {
        this.program = program;
        this.architecture = architecture;
        this.bootMode = bootMode;
        this.own = List.copyOf(own);
        firmware = findFirmware();
    }

    /** What is to be run. */
    String program() {
        if (program != null) {
            return program;
        }
        return switch (architecture) {
            case ARM64, ARM64_MAC -> "qemu-system-aarch64";
            case I386 -> "qemu-system-i386";
            case X86_64, X86_64_MAC -> "qemu-system-x86_64";
        };
    }

    private boolean isArm() {
        return architecture == Architecture.ARM64 || architecture == Architecture.ARM64_MAC;
    }

    /**
     * All words.
     *
     * @param uri of the disk, as {@link NbdUri} has it: without a comma
     */
    List<String> command(String uri) {
        List<String> words = new ArrayList<>();
        words.add(program());
        if (isArm()) {
            add(words, "-machine", "virt");
        }
        if (!has("-accel", "-enable-kvm", "-machine", "-M")) {
            if (Files.isWritable(Path.of("/dev/kvm")) && isOfThisMachine()) {
                words.addAll(List.of("-accel", "kvm"));
            }
            words.addAll(List.of("-accel", "tcg,thread=multi"));
        }
        add(words, "-cpu", "max");
        add(words, "-smp", "2");
        add(words, "-m", "1024");
        if (!has("-display", "-nographic")) {
            words.add("-nographic");
        }
        if (firmware != null) {
            add(words, "-bios", firmware.toString());
        }
        words.addAll(List.of("-drive", "file=" + uri + ",format=raw,if=virtio,discard=unmap"));
        words.addAll(own);
        return words;
    }

    /** Whether the user has said one of these, with one dash or two. */
    private boolean has(String... options) {
        return Arrays.stream(options).anyMatch(option -> own.contains(option) || own.contains("-" + option));
    }

    private void add(List<String> words, String option, String value) {
        if (!has(option) && !(option.equals("-machine") && has("-M"))) {
            words.add(option);
            words.add(value);
        }
    }

    private boolean isOfThisMachine() {
        String machine = System.getProperty("os.arch");
        return isArm() ? machine.equals("aarch64") : machine.equals("amd64");
    }

    /** What an image that needs UEFI starts with; null for the machine's own. */
    private @Nullable Path findFirmware() {
        if (has("-bios", "-pflash", "-kernel")) {
            return null;
        }
        boolean needs = bootMode == BootMode.UEFI || isArm();
        boolean prefers = bootMode == BootMode.UEFI_PREFERRED;
        if (!needs && !prefers) {
            return null;
        }
        List<Path> known = isArm() ? ARM_FIRMWARE : X86_FIRMWARE;
        Path found = known.stream().filter(Files::isReadable).findFirst().orElse(null);
        if (found == null && needs) {
            throw new Failure(
                    known.get(0).toString(),
                    "the image boots with UEFI, whose firmware is not there; install "
                            + (isArm() ? "qemu-efi-aarch64" : "ovmf") + ", or name it with -- -bios FILE");
        }
        return found;
    }
}
