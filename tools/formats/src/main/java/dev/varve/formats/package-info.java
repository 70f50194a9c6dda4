/**
 * Disk image files as block devices: raw files and disks, read where they hold data and written without their zeros.
 *
 * <p>Nothing here opens a path that an image names: a format that refers to another file is refused, not followed.
 */
@NullMarked
package dev.varve.formats;

import org.jspecify.annotations.NullMarked;
