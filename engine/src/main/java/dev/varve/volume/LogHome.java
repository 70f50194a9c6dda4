package dev.varve.volume;

/**
 * What a log is made of, and who looks after it.
 *
 * @param space its segments come from there
 * @param journal records them
 * @param upkeep is asked for work in the background
 * @param reserve where the room for its fold is kept
 * @param chunkSizeBytes what a fold writes for a page
 */
record LogHome(SegmentSpace space, LogJournal journal, LogUpkeep upkeep, SpaceReserve reserve, int chunkSizeBytes) {}
