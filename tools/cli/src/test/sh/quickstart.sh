#!/usr/bin/env bash
# The quickstart tells its story and leaves nothing; the disk it writes is a disk to other people's tools.
. "$(dirname "$0")/lib.sh"

mkdir "$work/tmp" "$work/home"
JAVA_TOOL_OPTIONS="-Djava.io.tmpdir=$work/tmp -Duser.home=$work/home" varve quickstart >"$work/story" 2>/dev/null
grep -q "byte for byte" "$work/story" || die "no comparison: $(cat "$work/story")"
[ -z "$(find "$work/tmp" -name 'varve-quickstart*')" ] || die "left behind: $(ls -A "$work/tmp")"
[ ! -e "$VARVE_STORE" ] || die "a store was made that nobody asked for"

varve quickstart --store "$work/kept" >/dev/null
image=$(varve images --store "$work/kept" --json | sed -n 's/.*"ImageId" : "\(.*\)".*/\1/p' | tail -n 1)
varve export "$image" "$work/disk.raw" --store "$work/kept"
dd if="$work/disk.raw" of="$work/partition" bs=1M skip=1 status=none
fsck.fat -n "$work/partition" >/dev/null || die "fsck.fat finds faults"
mtype -i "$work/partition" ::README.TXT | grep -q quickstart || die "no note"

# The same with a disk of one's own, which stays as it is.
make_disk "$work/own.raw" 64M /etc
before=$(sha256sum <"$work/own.raw")
varve quickstart "$work/own.raw" >"$work/story"
[ "$(sha256sum <"$work/own.raw")" = "$before" ] || die "the disk was changed"
