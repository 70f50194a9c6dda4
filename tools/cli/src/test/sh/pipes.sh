#!/usr/bin/env bash
# Pipes, process substitution and a closed pipe.
. "$(dirname "$0")/lib.sh"

make_disk "$work/disk.raw" 64M /etc
gzip -k "$work/disk.raw"

image=$(varve import <(gzip -dc "$work/disk.raw.gz") --name piped | tail -n 1)
varve export "$image" - | cmp - "$work/disk.raw" || die "the copy differs"
varve export "$image" /dev/stdout | cmp - "$work/disk.raw" || die "the copy differs"

# A reader that goes away is a failure, said in one line.
{ varve export "$image" - 2>"$work/err" || echo $? >"$work/code"; } | head -c 1000 >/dev/null
[ "$(cat "$work/code")" = 1 ] || die "exit $(cat "$work/code")"
[ "$(wc -l <"$work/err")" -eq 1 ] || die "not one line: $(cat "$work/err")"

# A compressed stream is told from a disk before anything is stored.
fails 1 "compressed with gzip" bash -c "\"$VARVE\" import - --name compressed <\"$work/disk.raw.gz\""
fails 1 "compressed with gzip" varve import "$work/disk.raw.gz" --name compressed
[ "$(image_count)" -eq 1 ] || die "something was registered"
