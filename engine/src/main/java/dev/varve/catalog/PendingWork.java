package dev.varve.catalog;

/**
 * Work that was begun and has not ended, so that its result is not whole.
 *
 * @param id of what is being made
 * @param work what kind of work, a word of the package that does it
 * @param kind of what is being made
 * @param scope of what is being made
 */
public record PendingWork(String id, String work, ResourceKind kind, Scope scope) {}
