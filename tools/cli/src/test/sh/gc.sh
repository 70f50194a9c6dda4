#!/usr/bin/env bash
# Collections beside a client that writes and verifies, beside imports of what was just deleted, and killed half-way.
. "$(dirname "$0")/lib.sh"

head -c 96M /dev/urandom >"$work/disk.raw"
{ head -c 40M "$work/disk.raw"; head -c 56M /dev/urandom; } >"$work/other.raw"
image=$(varve import "$work/disk.raw" --name first | tail -n 1)
volume=$(varve launch "$image" | grep -o 'vol-[0-9a-f]*')
socket=$VARVE_STORE/nbd.sock

# deletes IMAGE, with its snapshot.
delete() {
  local snapshot
  snapshot=$(varve show "$1" --json | grep -o 'snap-[0-9a-f]*' | head -n 1)
  varve image deregister "$1" >/dev/null
  varve snapshot delete "$snapshot" >/dev/null
}

pack_bytes() { varve stats --json | sed -n 's/.*"PackBytes" : \([0-9]*\).*/\1/p'; }

# What nobody needs goes: of two images that share 40 MiB, the other's 56.
before=$(pack_bytes)
other=$(varve import "$work/other.raw" --name other | tail -n 1)
delete "$other"
varve gc --now >/dev/null
after=$(pack_bytes)
[ "$after" -le $((before + (4 << 20))) ] || die "$before bytes became $after"
varve check --data

# A client writes, flushes and verifies all the while, and snapshots of its volume come and go.
start_server
fio --aux-path="$work" --name=beside --ioengine=nbd --uri="nbd+unix:///$volume?socket=$socket" --rw=randwrite --bs=16k --size=64m --fsync=64 \
  --verify=crc32c --do_verify=1 --loops=3 >"$work/fio" 2>&1 &
fio=$!
undo+=("kill $fio 2>/dev/null")
for ((i = 0; i < 6; i++)); do
  snapshot=$(varve snapshot create "$volume" --wait | tail -n 1)
  varve import "$work/other.raw" --name "other-$i" >"$work/imported" &
  importing=$!
  varve gc --now >/dev/null
  wait $importing || die "an import failed beside a collection"
  [ $((i % 2)) -eq 1 ] || varve snapshot delete "$snapshot" >/dev/null
  varve export "$(tail -n 1 "$work/imported")" - | cmp - "$work/other.raw" || die "what was imported beside a collection differs"
  delete "$(tail -n 1 "$work/imported")"
done
wait $fio || die "fio was disturbed: $(tail -n 5 "$work/fio")"
varve gc --now >/dev/null
varve check --data >/dev/null
stop_server

# A collection that is killed has lost nothing.
for delay in 0.2 0.3 0.4 0.5 0.6; do
  delete "$(varve import "$work/other.raw" --name killed | tail -n 1)"
  "$VARVE" gc --now >/dev/null 2>&1 &
  job=$!
  sleep $delay
  kill -9 $job 2>/dev/null || true
  wait $job 2>/dev/null || true
  varve check --data >/dev/null
done
varve export "$image" - | cmp - "$work/disk.raw" || die "the image differs"
varve gc --now >/dev/null
[ "$(varve stats --json | sed -n 's/.*"Alarms" : \([0-9]*\).*/\1/p')" = 0 ] || die "something was needed that was condemned"

# What a deletion says it frees is what it frees, and the table by owner adds up.
number() { sed -n "s/.*\"$1\" : \([0-9]*\).*/\1/p" | tail -n 1; }
other=$(varve import "$work/other.raw" --name other | tail -n 1)
varve gc --now >/dev/null
live=$(varve stats --json | number LiveBytes)
unique=$(varve show "$other" --json | number UniqueBytes)
stored=$(varve stats --by-owner --json | number StoredBytes)
log=$(varve stats --json | number LogBytes)
[ "$stored" = $((live + log)) ] || die "$stored bytes are counted, the store has $live and $log of logs"
freed=$(varve image deregister "$other" --with-snapshots --json | number FreedBytes)
[ "$freed" = "$unique" ] || die "$unique bytes are unique, $freed become free"
varve gc --now >/dev/null
[ "$(varve stats --json | number LiveBytes)" = $((live - freed)) ] || die "not $freed bytes have become free"
