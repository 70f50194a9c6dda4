#!/usr/bin/env bash
# A disk that fills up in the middle: one line, nothing lost, nothing half-registered, no half file.
. "$(dirname "$0")/lib.sh"
need_root

head -c 40M /dev/urandom >"$work/large.raw"
head -c 4M /dev/urandom >"$work/small.raw"
truncate -s 64M "$work/fs" && mke2fs -q -F -t ext4 -m 0 "$work/fs"
mkdir "$work/mount" && timeout 20 mount -o loop "$work/fs" "$work/mount"
undo+=("timeout 20 umount $work/mount")

# The target of an export.
image=$(varve import "$work/large.raw" --name large | tail -n 1)
head -c 30M /dev/zero | tr '\0' x >"$work/mount/filler"
fails 1 "$work/mount/out.raw: no space left" varve export "$image" "$work/mount/out.raw"
[ ! -e "$work/mount/out.raw" ] || die "a half file has the name"
nothing_partial "$work/mount"
rm "$work/mount/filler"

# The store itself.
export VARVE_STORE=$work/mount/store
small=$(varve import "$work/small.raw" --name small | tail -n 1)
free=$(df --output=avail -B1 "$work/mount" | tail -n 1)
head -c $((free > 30000000 ? free - 20000000 : 0)) /dev/zero | tr '\0' x >"$work/mount/filler"
fails 1 "" varve import "$work/large.raw" --name large
grep -qi 'no space' "$work/err" || die "does not say why: $(cat "$work/err")"
rm "$work/mount/filler"
[ "$(image_count)" -eq 1 ] || die "something was registered"
varve check --data
varve export "$small" "$work/small.out"
equal "$work/small.raw" "$work/small.out"

# A store that itself fills the disk to the last block.
rm -r "$VARVE_STORE"
head -c 15M /dev/urandom >"$work/mount/ballast"
head -c 80M /dev/urandom >"$work/huge.raw"
fails 1 "No space" varve import "$work/huge.raw" --name huge
# What the import had written went with it: nothing else has to be freed.
[ "$(image_count)" -eq 0 ] || die "something was registered"
varve check --data
[ "$(du -sm "$VARVE_STORE" | cut -f 1)" -le 4 ] || die "the room did not come back: $(du -a "$VARVE_STORE")"
rm "$work/mount/ballast"
varve import "$work/small.raw" --name small >/dev/null
