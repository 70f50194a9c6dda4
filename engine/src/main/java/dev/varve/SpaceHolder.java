package dev.varve;

import org.jspecify.annotations.Nullable;

/**
 * Something that needs a part of what is stored.
 *
 * @param id of an image, a snapshot or a volume, or of work that is under way
 * @param resourceType what it is, as EC2 says it: {@code image}, {@code snapshot}, {@code volume}; empty for work under way, and
 *     for what was deleted while it was counted
 * @param account 12 digits; empty where the type is
 * @param region such as {@code eu-west-1}; empty where the type is
 * @param imageId of a snapshot, the only image that needs it; null when there is none, or there are more
 * @param use what it takes
 */
public record SpaceHolder(
        String id,
        String resourceType,
        String account,
        String region,
        @Nullable String imageId,
        SpaceUse use) {}
