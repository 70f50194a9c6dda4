#!/usr/bin/env bash
# Block devices both ways: a loop device is imported, and written in place, zeros where the disk has holes.
. "$(dirname "$0")/lib.sh"
need_root

make_disk "$work/disk.raw" 192M /etc /usr/share/zoneinfo
source=$(timeout 20 losetup --find --show --read-only "$work/disk.raw")
undo+=("timeout 20 losetup -d $source")

image=$(varve import "$source" --name from-device | tail -n 1)
varve export "$image" "$work/copy.raw"
equal "$work/disk.raw" "$work/copy.raw"
sparse_enough "$work/copy.raw" "$work/disk.raw"

head -c 193M /dev/urandom >"$work/target.raw"
target=$(timeout 20 losetup --find --show "$work/target.raw")
undo+=("timeout 20 losetup -d $target")
fails 1 "--force" varve export "$image" "$target"
varve export "$image" "$target" --force
timeout 20 blockdev --flushbufs "$target"
cmp -n "$((192 << 20))" "$work/disk.raw" "$target" || die "the device differs"

truncate -s 100M "$work/small.raw"
small=$(timeout 20 losetup --find --show "$work/small.raw")
undo+=("timeout 20 losetup -d $small")
fails 1 "larger" varve export "$image" "$small" --force

# A mounted device is not written to, whatever is forced.
mkdir "$work/mount" && timeout 20 mount "$target" "$work/mount"
undo+=("timeout 20 umount $work/mount")
fails 1 "in use" varve export "$image" "$target" --force
