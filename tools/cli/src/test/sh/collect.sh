#!/usr/bin/env bash
# Forty images, each derived from the one before; half of them go, beside four clients that write and verify, and one that
# reads. Its 99th percentile is told from before, with as many commands at work, and from the first deletion to the end of
# the collection. VARVE_LONG for images of 512 MiB.
. "$(dirname "$0")/lib.sh"
socket=$VARVE_STORE/nbd.sock
size=$((${VARVE_LONG:-0} ? 512 : 24))

varve init >/dev/null
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
writer() { # NUMBER: writes and verifies until it is told to end
  while [ ! -e "$work/enough" ]; do
    (fio_on "writer$1" "${volumes[$1]}" --rw=randwrite --bs=16k --size=16m --fsync=64 --rate=4m --verify=crc32c --do_verify=1) || return
  done
}
for ((i = 0; i < 4; i++)); do
  volumes[i]=$(varve volume create --size 1G | tail -n 1)
  writer $i & writers[i]=$!
  undo+=("touch $work/enough; wait ${writers[i]} 2>/dev/null")
done
volumes[4]=$(varve volume create --from "${ids[39]}" | tail -n 1)
start_reader() { # NAME
  (fio_on "$1" "${volumes[4]}" --rw=randread --bs=4k --size=${size}m --rate_iops=500 --time_based --runtime=1d --output-format=terse) & reader=$!
  undo+=("kill $reader 2>/dev/null")
}
stop_reader() { # NAME
  kill $reader || die "it ended too soon: $(tail -n 3 "$work/fio.$1")"
  local code=0
  wait $reader || code=$?
  [ $code -eq 128 ] || die "fio ended with $code: $(tail -n 3 "$work/fio.$1")"
}
p99() {
  grep -o '99\.000000%=[0-9]*' "$work/fio.$1" | head -n 1 | cut -d = -f 2
}
fio_on warm "${volumes[4]}" --rw=read --bs=1m --size=${size}m &
wait $! || die "$(tail -n 3 "$work/fio.warm")"
start_reader without
for ((i = 0; i < 42; i += 2)); do varve images >/dev/null; done
stop_reader without
start_reader beside
for ((i = 0; i < 40; i += 2)); do varve image deregister --with-snapshots "${ids[i]}" >/dev/null; done
varve gc --now >"$work/gc"
stop_reader beside
[ -n "$(p99 without)" ] && [ -n "$(p99 beside)" ] || die "fio tells no percentile: $(cat "$work/fio.beside")"
touch "$work/enough"
for ((i = 0; i < 4; i++)); do wait "${writers[i]}" || die "fio was disturbed: $(tail -n 5 "$work/fio.writer$i")"; done
for volume in "${volumes[@]}"; do varve volume delete "$volume" >/dev/null; done
varve gc --now >/dev/null
stop_server
live=$(varve stats --json | sed -n 's/.*"LiveBytes" : \([0-9]*\).*/\1/p')
taken=$(du -s -B1 --exclude=cache "$VARVE_STORE" | cut -f 1) # that one has a budget of its own
[ $((taken * 100)) -le $((live * 105)) ] || die "$live bytes are needed, and the store takes $taken: $(du -a "$VARVE_STORE")"
for ((i = 1; i < 40; i += 2)); do
  [ "$(varve export "${ids[i]}" - 2>/dev/null | sha256sum)" = "${sums[i]}" ] || die "${ids[i]} differs"
done
varve check --data >/dev/null
echo "after half of 40 images: $live bytes needed, a store of $taken bytes; p99 of reads $(p99 without) us without, $(p99 beside) us beside"
