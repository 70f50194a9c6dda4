#!/usr/bin/env bash
# Collections at size: importers of the same content whose server is killed every few seconds, one volume overwritten
# without end, half of many derived images deleted. VARVE_LONG=SECONDS for the first two, each; a few without.
. "$(dirname "$0")/lib.sh"
seconds=${VARVE_LONG:-15}
socket=$VARVE_STORE/nbd.sock

# 1. Two importers of the same content and a collector, against one server that is killed: no id that was printed dangles.
head -c 24M /dev/urandom >"$work/one.raw"
{ head -c 12M "$work/one.raw"; head -c 12M /dev/urandom; } >"$work/two.raw"
kept=$(varve import "$work/one.raw" --name kept | tail -n 1)

# importer NAME FILE: imports and deletes; the ids that it was told and has not begun to delete are in NAME.ids.
importer() {
  local id
  for ((n = 0; ; n++)); do
    id=$("$VARVE" import "$2" --name "$1-$RANDOM-$n" 2>/dev/null | tail -n 1) || continue
    case $id in ami-*) echo "$id" >>"$work/$1.ids" ;; *) continue ;; esac
    if [ $((n % 3)) -gt 0 ]; then
      sed -i "/$id/d" "$work/$1.ids"
      "$VARVE" image deregister --with-snapshots "$id" >/dev/null 2>&1 || true
    fi
  done
}
collector() {
  while true; do "$VARVE" gc --now >/dev/null 2>&1 || sleep 0.1; done
}

rounds=0
end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ]; do
  : >"$work/a.ids" && : >"$work/b.ids"
  start_server
  importer a "$work/one.raw" & jobs=($!)
  importer b "$work/two.raw" & jobs+=($!)
  collector & jobs+=($!)
  for job in "${jobs[@]}"; do undo+=("kill -9 $job 2>/dev/null"); done
  sleep $((2 + RANDOM % 4)).$((RANDOM % 10))
  kill -9 $server
  kill -9 "${jobs[@]}"
  wait $server "${jobs[@]}" 2>/dev/null || true
  while ! varve images >/dev/null 2>&1; do sleep 0.1; done # a client of the server that was killed may try by itself
  varve check --data >"$work/check" || die "round $rounds: $(head -n 5 "$work/check")"
  while read -r id; do
    varve export "$id" - 2>/dev/null | cmp -s - "$work/one.raw" || varve export "$id" - | cmp - "$work/two.raw" || die "$id differs"
  done < <(tail -qn 2 "$work/a.ids" "$work/b.ids")
  varve export "$kept" - | cmp - "$work/one.raw" || die "what was imported first differs"
  for id in $(varve images --json | grep -o 'ami-[0-9a-f]*' | grep -v "$kept"); do
    varve image deregister --with-snapshots "$id" >/dev/null
  done
  rounds=$((rounds + 1))
done
varve gc --now >/dev/null
[ "$(varve stats --json | sed -n 's/.*"Alarms" : \([0-9]*\).*/\1/p')" = 0 ] || die "something was needed that was condemned"
echo "killed $rounds servers beside importers and a collector"

# 2. One volume of 256 MiB of data that is written over and over: the store stays of one size.
volume=$(varve volume create --size 1G | tail -n 1)
start_server
most=0
timeout $((seconds + 120)) fio --aux-path="$work" --name=endless --ioengine=nbd --uri="nbd+unix:///$volume?socket=$socket" --rw=randwrite \
  --bs=64k --iodepth=8 --size=256m --time_based --runtime="$seconds" --fsync=256 --output-format=terse >"$work/fio" 2>&1 &
fio=$!
undo+=("kill $fio 2>/dev/null")
while kill -0 $fio 2>/dev/null; do
  now=$(du -sm "$VARVE_STORE" | cut -f 1)
  most=$((now > most ? now : most))
  sleep 1
done
wait $fio || die "fio failed: $(tail -n 3 "$work/fio")"
written=$(cut -d ';' -f 47 "$work/fio" | tail -n 1)
[ "$most" -le 4096 ] || die "256 MiB of data, $((written / 1024)) MiB written, and the store took $most MiB"
stop_server
varve check --data >/dev/null
varve volume delete "$volume" >/dev/null
varve gc --now >/dev/null
echo "$((written / 1024)) MiB written over 256 MiB; at most $most MiB of store"

# 3. Forty images, each derived from the one before; half of them go, beside four clients that write and verify, and one that
# reads, whose 99th percentile is told with and without, as many commands at work in both.
varve image deregister --with-snapshots "$kept" >/dev/null
size=$((${VARVE_LONG:-0} ? 512 : 24))
phase=$((${VARVE_LONG:-0} ? 60 : 6))
head -c ${size}M /dev/urandom >"$work/image.raw"
start_server
for ((i = 0; i < 40; i++)); do
  dd if=/dev/urandom of="$work/image.raw" bs=64k count=$((size * 2 / 3)) seek=$((RANDOM % (size * 15))) conv=notrunc status=none
  ids[i]=$(varve import "$work/image.raw" --name "derived-$i" | tail -n 1)
  sums[i]=$(sha256sum <"$work/image.raw")
done
fio_on() { # NAME VOLUME OPTION...
  exec fio --aux-path="$work" --name="$1" --ioengine=nbd --uri="nbd+unix:///$2?socket=$socket" "${@:3}" >"$work/fio.$1" 2>&1
}
for ((i = 0; i < 4; i++)); do
  volumes[i]=$(varve volume create --size 1G | tail -n 1)
  (fio_on "writer$i" "${volumes[i]}" --rw=randwrite --bs=16k --size=32m --fsync=64 --rate=4m --verify=crc32c --do_verify=1 --time_based \
    --runtime=$((2 * phase + 4))) & writers[i]=$!
  undo+=("kill ${writers[i]} 2>/dev/null")
done
volumes[4]=$(varve volume create --from "${ids[39]}" | tail -n 1)
reader() { # NAME: reads for a phase
  (fio_on "$1" "${volumes[4]}" --rw=randread --bs=4k --size=${size}m --rate_iops=500 --time_based --runtime=$phase --output-format=terse) & reader=$!
  undo+=("kill $reader 2>/dev/null")
}
p99() {
  grep -o '99\.000000%=[0-9]*' "$work/fio.$1" | head -n 1 | cut -d = -f 2
}
fio_on warm "${volumes[4]}" --rw=read --bs=1m --size=${size}m &
wait $! || die "$(tail -n 3 "$work/fio.warm")"
reader without
for ((i = 0; i < 40; i += 2)); do varve images >/dev/null; done
wait $reader || die "$(tail -n 3 "$work/fio.without")"
reader beside
for ((i = 0; i < 40; i += 2)); do varve image deregister --with-snapshots "${ids[i]}" >/dev/null; done
varve gc --now >/dev/null
wait $reader || die "$(tail -n 3 "$work/fio.beside")"
for ((i = 0; i < 4; i++)); do wait "${writers[i]}" || die "fio was disturbed: $(tail -n 5 "$work/fio.writer$i")"; done
for volume in "${volumes[@]}"; do varve volume delete "$volume" >/dev/null; done
varve gc --now >/dev/null
stop_server
live=$(varve stats --json | sed -n 's/.*"LiveBytes" : \([0-9]*\).*/\1/p')
packs=$(du -s -B1 "$VARVE_STORE/packs" | cut -f 1)
[ $((packs * 100)) -le $((live * 105)) ] || die "$live bytes are needed, and packs take $packs"
for ((i = 1; i < 40; i += 2)); do
  [ "$(varve export "${ids[i]}" - 2>/dev/null | sha256sum)" = "${sums[i]}" ] || die "${ids[i]} differs"
done
varve check --data >/dev/null
echo "after half of 40 images: $live bytes needed, $packs bytes of packs; p99 of reads $(p99 without) us without, $(p99 beside) us beside"
