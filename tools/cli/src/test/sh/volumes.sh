#!/usr/bin/env bash
# Volumes: a launched one is the image's disk, its snapshot too, and it outlives both; an id that was printed is there after
# kill -9.
. "$(dirname "$0")/lib.sh"

make_disk "$work/disk.raw" 1G /etc /usr/share/perl5 /usr/share/zoneinfo
image=$(varve import "$work/disk.raw" --name disk | tail -n 1)
imported=$(varve snapshots --json | sed -n 's/.*"SnapshotId" : "\(.*\)".*/\1/p')

varve launch "$image" >"$work/launched"
instance=$(sed -n 2p "$work/launched") volume=$(tail -n 1 "$work/launched")
[[ $instance == i-* && $volume == vol-* ]] || die "no ids: $(cat "$work/launched")"
varve volumes | grep -q "^$volume .* $instance " || die "not listed: $(varve volumes)"

varve export "$volume" "$work/volume.out"
equal "$work/disk.raw" "$work/volume.out"
sparse_enough "$work/volume.out" "$work/disk.raw"
varve export "$volume" - | cmp - "$work/disk.raw" || die "the pipe brings something else"
snapshot=$(varve snapshot create "$volume" --wait | tail -n 1)
[[ $snapshot == snap-* ]] || die "no snapshot id on the last line: $snapshot"
varve export "$snapshot" "$work/snapshot.out"
equal "$work/disk.raw" "$work/snapshot.out"
[ -z "$(varve diff "$imported" "$snapshot" --json | grep Offset)" ] || die "the snapshot differs from what was imported"

# A volume needs neither.
varve image deregister "$image"
varve snapshot delete "$imported"
varve restore "$imported" && varve snapshot delete "$imported"
fails 1 "$image" varve launch "$image"
varve export "$volume" "$work/volume.out" --force
equal "$work/disk.raw" "$work/volume.out"

# A blank one, and one that is longer than its snapshot.
blank=$(varve volume create --size 1G | tail -n 1)
varve export "$blank" "$work/blank.out"
truncate -s 1G "$work/zeros"
equal "$work/zeros" "$work/blank.out"
[ "$(blocks "$work/blank.out")" -le 65536 ] || die "a blank disk takes $(blocks "$work/blank.out") bytes"
longer=$(varve volume create --from "$snapshot" --size 1500M | tail -n 1)
varve export "$longer" "$work/longer.out"
truncate -s 2G "$work/disk.raw"
equal "$work/disk.raw" "$work/longer.out"
truncate -s 1G "$work/disk.raw"

# An instance ends with its volume.
fails 1 "$instance" varve volume delete "$volume"
varve instance terminate "$instance"
fails 1 "$volume" varve show "$volume"
varve volume delete "$blank" && varve volume delete "$longer"
[ "$(varve volumes | wc -l)" -eq 1 ] || die "volumes are left: $(varve volumes)"
varve check --data

# Killed as soon as the last of the ids has come: every one is there, with its volume.
image=$(varve import "$work/disk.raw" --name again | tail -n 1)
for round in 1 2 3; do
  "$VARVE" launch "$image" --count 1000 >"$work/ids" 2>"$work/err" &
  job=$!
  until [ "$(wc -l <"$work/ids")" -eq 2001 ] || ! kill -0 $job 2>/dev/null; do :; done
  kill -9 $job 2>/dev/null || true
  wait $job 2>/dev/null || true
  grep ^i- "$work/ids" >>"$work/instances" || die "no ids: $(cat "$work/err")"
  grep ^vol- "$work/ids" >>"$work/volumes"
  varve instance list --json | sed -n 's/.*"InstanceId" : "\(.*\)".*/\1/p' | sort >"$work/found"
  sort "$work/instances" | cmp - "$work/found" || die "round $round: other instances than were printed"
  varve volumes --json | sed -n 's/^    "VolumeId" : "\(.*\)".*/\1/p' | sort >"$work/found"
  sort "$work/volumes" | cmp - "$work/found" || die "round $round: other volumes than were printed"
done
[ "$(sort -u "$work/volumes" | wc -l)" -eq 3000 ] || die "not 3000 volumes"
varve export "$(tail -n 1 "$work/volumes")" - | cmp - "$work/disk.raw" || die "the last volume differs"
varve check
