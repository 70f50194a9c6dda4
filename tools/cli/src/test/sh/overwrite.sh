#!/usr/bin/env bash
# One volume of 256 MiB of data that is written over and over: the store stays of one size. VARVE_LONG=SECONDS.
. "$(dirname "$0")/lib.sh"
seconds=${VARVE_LONG:-15}
socket=$VARVE_STORE/nbd.sock

varve init >/dev/null
volume=$(varve volume create --size 1G | tail -n 1)
start_server
most=0
timeout $((seconds + 120)) fio --aux-path="$work" --name=endless --ioengine=nbd --uri="nbd+unix:///$volume?socket=$socket" --rw=randwrite \
  --bs=64k --iodepth=8 --size=256m --time_based --runtime="$seconds" --fsync=256 --output-format=terse >"$work/fio" 2>&1 &
fio=$!
undo+=("kill $fio 2>/dev/null")
while kill -0 $fio 2>/dev/null; do
  now=$(du -sm "$VARVE_STORE" 2>/dev/null | cut -f 1 || true) # files go while it counts
  most=$((now > most ? now : most))
  sleep 1
done
wait $fio || die "fio failed: $(tail -n 3 "$work/fio")"
written=$(cut -d ';' -f 47 "$work/fio" | tail -n 1)
[ "$most" -le 4096 ] || die "256 MiB of data, $((written / 1024)) MiB written, and the store took $most MiB"
[ $((written / 1024)) -ge $((2 * most)) ] || die "of $((written / 1024)) MiB written the store took $most MiB: write for longer"
stop_server
varve check --data >/dev/null
echo "$((written / 1024)) MiB written over 256 MiB; at most $most MiB of store"
