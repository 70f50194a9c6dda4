#!/usr/bin/env bash
# Equal disks have equal content whatever file they came from; diff lists what differs, no more and no less.
. "$(dirname "$0")/lib.sh"

make_usual_disk "$work/a.raw"
cp --sparse=never "$work/a.raw" "$work/b.raw"
cp --sparse=always "$work/a.raw" "$work/c.raw"
printf 'changed' | dd of="$work/c.raw" bs=1 seek=$((100 << 20)) conv=notrunc status=none
head -c 300000 /dev/urandom | dd of="$work/c.raw" bs=1M seek=300 conv=notrunc status=none

a=$(varve import "$work/a.raw" --name disk-a | tail -n 1)
b=$(varve import "$work/b.raw" --name disk-b | tail -n 1)
c=$(varve import - --name disk-c <"$work/c.raw" | tail -n 1)

content() { varve show "$1" --json | sed -n 's/.*"ContentId" : "\(.*\)".*/\1/p'; }
[ -n "$(content "$a")" ] || die "no content id"
[ "$(content "$a")" = "$(content "$b")" ] || die "equal disks, other content"
[ "$(content "$a")" != "$(content "$c")" ] || die "other disks, equal content"

ranges() { varve diff "$1" "$2" --json | tr -d ' ,"' | awk -F: '/Offset/{o=$2} /Length/{print o, $2}'; }
[ -z "$(ranges "$a" "$b")" ] || die "equal disks differ: $(ranges "$a" "$b")"
# A plain comparison of the files, rounded to chunks of 64 KiB, neighbours joined.
{ cmp -l "$work/a.raw" "$work/c.raw" || true; } | awk '{c = int(($1 - 1) / 65536)}
  NR == 1 {s = c; e = c} NR > 1 && c > e + 1 {print s * 65536, (e - s + 1) * 65536; s = c} {e = c}
  END {print s * 65536, (e - s + 1) * 65536}' >"$work/expected"
ranges "$a" "$c" >"$work/found"
diff "$work/expected" "$work/found" || die "diff lists other ranges than cmp"
