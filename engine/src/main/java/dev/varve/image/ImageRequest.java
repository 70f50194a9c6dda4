package dev.varve.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An image that is to be registered. Immutable: start from {@link #named} and say what differs.
 *
 * @param id the id it is to have, or null for a new one
 * @param name 3 to 128 letters, digits and {@code ()[] ./-'@_}, unique among the images of its owner and region
 * @param description what to say of it: ASCII text of at most 255 characters
 * @param architecture the processor it is for
 * @param virtualizationType how it runs on its host
 * @param bootMode the firmware it boots with, or null
 * @param rootDeviceName the device that it boots from
 * @param mappings its devices, each named once
 * @param tags values by key
 */
public record ImageRequest(
        @Nullable String id,
        String name,
        String description,
        Architecture architecture,
        VirtualizationType virtualizationType,
        @Nullable BootMode bootMode,
        String rootDeviceName,
        List<DeviceMapping> mappings,
        Map<String, String> tags) {
    /** The root device of {@link #named}. */
    public static final String ROOT_DEVICE_NAME = "/dev/xvda";

    /** Makes mappings and tags unchangeable. */
    public ImageRequest {
        mappings = List.copyOf(mappings);
        tags = Map.copyOf(tags);
    }

    /**
     * An image without disks yet: for x86_64, on virtual hardware, which boots from {@value #ROOT_DEVICE_NAME}.
     *
     * @param name unique among the images of its owner and region
     * @return the request
     */
    public static ImageRequest named(String name) {
        return new ImageRequest(
                null,
                name,
                "",
                Architecture.X86_64,
                VirtualizationType.HVM,
                null,
                ROOT_DEVICE_NAME,
                List.of(),
                Map.of());
    }

    /**
     * The same with another id.
     *
     * @param newId {@code ami-} and 17 lower-case hexadecimal digits, or 8
     * @return the request
     */
    public ImageRequest withId(String newId) {
        return new ImageRequest(
                newId, name, description, architecture, virtualizationType, bootMode, rootDeviceName, mappings, tags);
    }

    /**
     * The same with another description.
     *
     * @param newDescription ASCII text of at most 255 characters
     * @return the request
     */
    public ImageRequest withDescription(String newDescription) {
        return new ImageRequest(
                id, name, newDescription, architecture, virtualizationType, bootMode, rootDeviceName, mappings, tags);
    }

    /**
     * The same for another processor.
     *
     * @param newArchitecture the processor
     * @return the request
     */
    public ImageRequest withArchitecture(Architecture newArchitecture) {
        return new ImageRequest(
                id, name, description, newArchitecture, virtualizationType, bootMode, rootDeviceName, mappings, tags);
    }

    /**
     * The same with another way to run.
     *
     * @param newType how it runs on its host
     * @return the request
     */
    public ImageRequest withVirtualizationType(VirtualizationType newType) {
        return new ImageRequest(id, name, description, architecture, newType, bootMode, rootDeviceName, mappings, tags);
    }

    /**
     * The same with other firmware.
     *
     * @param newBootMode the firmware, or null
     * @return the request
     */
    public ImageRequest withBootMode(@Nullable BootMode newBootMode) {
        return new ImageRequest(
                id, name, description, architecture, virtualizationType, newBootMode, rootDeviceName, mappings, tags);
    }

    /**
     * The same with another root device.
     *
     * @param newRootDeviceName the device that it boots from
     * @return the request
     */
    public ImageRequest withRootDeviceName(String newRootDeviceName) {
        return new ImageRequest(
                id, name, description, architecture, virtualizationType, bootMode, newRootDeviceName, mappings, tags);
    }

    /**
     * The same with one more disk.
     *
     * @param mapping the disk
     * @return the request
     */
    public ImageRequest withMapping(DeviceMapping mapping) {
        List<DeviceMapping> more = new ArrayList<>(mappings);
        more.add(mapping);
        return new ImageRequest(
                id, name, description, architecture, virtualizationType, bootMode, rootDeviceName, more, tags);
    }

    /**
     * The same with other tags.
     *
     * @param newTags values by key
     * @return the request
     */
    public ImageRequest withTags(Map<String, String> newTags) {
        return new ImageRequest(
                id, name, description, architecture, virtualizationType, bootMode, rootDeviceName, mappings, newTags);
    }
}
