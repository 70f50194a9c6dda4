#!/usr/bin/env bash
# The distribution runs from a folder nobody may write, with a temporary folder nothing may be run from, without network.
# $VARVE_DIST names its tar.gz.
. "$(dirname "$0")/lib.sh"
need_root
: "${VARVE_DIST:?the tar.gz of the distribution}"

mkdir "$work/app" "$work/app.ro" "$work/tmp"
tar -xzf "$VARVE_DIST" -C "$work/app" --strip-components 1
timeout 20 mount --bind "$work/app" "$work/app.ro" && undo+=("timeout 20 umount -l $work/app.ro")
timeout 20 mount -o remount,bind,ro "$work/app.ro"
timeout 20 mount -t tmpfs -o noexec,size=200M tmpfs "$work/tmp" && undo+=("timeout 20 umount -l $work/tmp")

head -c 4M /dev/urandom >"$work/disk.raw"
truncate -s 256M "$work/disk.raw"
offline() {
  timeout 300 unshare --net env -i PATH="$PATH" HOME="$work/home" TMPDIR="$work/tmp" \
    JAVA_TOOL_OPTIONS="-Djava.io.tmpdir=$work/tmp" "$work/app.ro/bin/varve" --store "$work/store" "$@" 2>"$work/err" \
    || die "$*: $(cat "$work/err")"
}
mkdir "$work/home" && chmod 555 "$work/home"
offline --version
image=$(offline import "$work/disk.raw" --name disk | tail -n 1)
offline images
offline export "$image" "$work/out.raw"
equal "$work/disk.raw" "$work/out.raw"
offline check --data
