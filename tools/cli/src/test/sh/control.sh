#!/usr/bin/env bash
# Commands in a store that a server has open: beside its NBD clients, killed half-way, and with a server that goes; another user
# can neither give nor be given commands.
. "$(dirname "$0")/lib.sh"
need_root

head -c 300M /dev/urandom >"$work/disk.raw"
image=$(varve import "$work/disk.raw" --name first | tail -n 1)
volume=$(varve launch "$image" | grep -o 'vol-[0-9a-f]*')
socket=$VARVE_STORE/nbd.sock

start_server

# A client writes all the while: snapshots are taken of its volume, and nobody deletes it.
qemu-io -f raw -c 'write -P 1 0 8M' -c 'flush' "nbd+unix:///$volume?socket=$socket" >/dev/null
fio --name=beside --ioengine=nbd --uri="nbd+unix:///$volume?socket=$socket" --rw=randwrite --bs=4k --offset=16m --size=64m \
  --time_based --runtime=8 >"$work/fio" 2>&1 &
fio=$!
undo+=("kill $fio 2>/dev/null")
sleep 1
fails 1 "$volume" varve volume delete "$volume"
snapshot=$(varve snapshot create "$volume" --wait | tail -n 1)
varve export "$snapshot" "$work/snapshot.raw"
head -c 8M /dev/zero | tr '\0' '\1' | cmp -n 8388608 - "$work/snapshot.raw" || die "the snapshot has not what was flushed"
wait $fio || die "fio was disturbed: $(tail -n 5 "$work/fio")"

# Files, pipes and streams are the client's; so is its folder.
(cd "$work" && varve export "$image" relative.raw && varve import relative.raw --name relative >/dev/null)
equal "$work/relative.raw" "$work/disk.raw"
varve export "$image" - | cmp - "$work/disk.raw" || die "the stream differs"
mkfifo "$work/out.pipe"
cmp "$work/disk.raw" - <"$work/out.pipe" &
reader=$!
varve export "$image" "$work/out.pipe"
wait $reader || die "the pipe differs"
varve import - --name streamed <"$work/disk.raw" >/dev/null
code=0; varve export "$image" - >/dev/full 2>"$work/err" || code=$?
[ $code -eq 1 ] && grep -q 'no space left' "$work/err" || die "a full disk was not told: $code $(cat "$work/err")"
[ "$(image_count)" -eq 3 ] || die "not 3 images: $(varve images)"

# Clients that are killed leave nothing.
mkfifo "$work/in.pipe"
"$VARVE" import - --name half <"$work/in.pipe" >/dev/null 2>&1 &
job=$!
exec 9>"$work/in.pipe"
head -c 20M "$work/disk.raw" >&9
sleep 1
kill -9 $job
wait $job 2>/dev/null || true
exec 9>&-
for ((try = 0; try < 20; try++)); do
  rm -f "$work/out.raw"
  env --default-signal=INT "$VARVE" export "$image" "$work/out.raw" >/dev/null 2>&1 &
  job=$!
  until compgen -G "$work/.out.raw.*.partial" >/dev/null || ! kill -0 $job 2>/dev/null; do :; done
  kill -INT $job 2>/dev/null || true
  wait $job 2>/dev/null || true
  nothing_partial "$work"
  [ -e "$work/out.raw" ] || break
done
[ ! -e "$work/out.raw" ] || die "never interrupted in time"
[ "$(image_count)" -eq 3 ] || die "half an image: $(varve images)"
varve check --data >/dev/null

# A socket that others could reach still serves its owner only, and a client trusts no one else's.
chmod 711 "$work" "$VARVE_STORE" && chmod 666 "$VARVE_STORE/control.sock"
fails 1 "user root" setpriv --reuid=65534 --regid=65534 --clear-groups "$VARVE" images
chmod 700 "$VARVE_STORE" && chmod 600 "$VARVE_STORE/control.sock"

# SIGTERM: what is half done is given up, and its client told; the server ends well.
"$VARVE" import - --name never <"$work/in.pipe" >/dev/null 2>"$work/never.err" &
job=$!
exec 9>"$work/in.pipe"
head -c 20M "$work/disk.raw" >&9
sleep 1
stop_server
code=0; wait $job || code=$?
exec 9>&-
[ $code -eq 1 ] || die "the client ended with $code: $(cat "$work/never.err")"
grep -q "process $server.*it is not known whether this was done" "$work/never.err" || die "not told: $(cat "$work/never.err")"
[ ! -e "$VARVE_STORE/control.sock" ] || die "the socket is left"
[ "$(image_count)" -eq 3 ] || die "half an image: $(varve images)"

# kill -9: the client is told, its file goes; the next command opens the store itself, and a server takes the socket over.
start_server
"$VARVE" export "$image" "$work/cut.raw" >/dev/null 2>"$work/cut.err" &
job=$!
until compgen -G "$work/.cut.raw.*.partial" >/dev/null || ! kill -0 $job 2>/dev/null; do :; done
kill -9 $server
wait $server 2>/dev/null || true
code=0; wait $job || code=$?
if [ $code -ne 0 ]; then # it may have been quicker
  grep -q 'it is not known whether this was done' "$work/cut.err" || die "not told: $(cat "$work/cut.err")"
  [ ! -e "$work/cut.raw" ] || die "half a file has the name"
fi
nothing_partial "$work"
[ -S "$VARVE_STORE/control.sock" ] || die "kill -9 took the socket away"
[ "$(image_count)" -eq 3 ] || die "half an image: $(varve images)"
start_server
varve images >/dev/null
stop_server
varve check --data >/dev/null
