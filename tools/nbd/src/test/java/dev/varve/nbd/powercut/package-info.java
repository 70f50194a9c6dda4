/**
 * Cuts the power of a store: the whole engine, RocksDB included, works on a file system on a loop device on a disk of our
 * own, which records every write and every flush. From the record come states in which a cut may leave that disk; each is
 * mounted, the store is opened, and every promise that had been made is looked at.
 */
package dev.varve.nbd.powercut;
