/**
 * An NBD server: block devices for qemu, libnbd, the kernel and whoever else speaks the protocol.
 *
 * <p>Source: the protocol's own text, <a href="https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md">
 * proto.md</a>, read at 89ba7b5. {@link dev.varve.nbd.NbdServer} is where to begin.
 */
@NullMarked
package dev.varve.nbd;

import org.jspecify.annotations.NullMarked;
