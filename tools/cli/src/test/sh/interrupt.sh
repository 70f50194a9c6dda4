#!/usr/bin/env bash
# Ctrl-C in an import leaves no image, in an export no file; the store goes on.
. "$(dirname "$0")/lib.sh"

# A background job of a script ignores SIGINT, as nobody at a terminal means it; env gives it back.
interruptible=(env --default-signal=INT "$VARVE")

# Import: half the disk has come when the signal does.
head -c 8M /dev/urandom >"$work/disk.raw"
mkfifo "$work/pipe"
"${interruptible[@]}" import - --name half <"$work/pipe" >/dev/null 2>&1 &
job=$!
exec 9>"$work/pipe"
head -c 4M "$work/disk.raw" >&9
until [ -d "$VARVE_STORE" ]; do sleep 0.1; done
sleep 1
kill -INT $job
code=0; wait $job || code=$?
exec 9>&-
[ $code -eq 130 ] || die "exit $code instead of 130"
[ "$(image_count)" -eq 0 ] || die "half an image: $(varve images)"
varve check --data
image=$(varve import "$work/disk.raw" --name whole | tail -n 1)
varve export "$image" - | cmp - "$work/disk.raw" || die "the copy differs"

# Export: the signal comes while the partial file is there. One that was quicker is whole, and tried again.
head -c 600M /dev/urandom >"$work/large.raw"
image=$(varve import "$work/large.raw" --name large | tail -n 1)
for ((try = 0; try < 20; try++)); do
  rm -f "$work/out.raw"
  "${interruptible[@]}" export "$image" "$work/out.raw" >/dev/null 2>&1 &
  job=$!
  until compgen -G "$work/.out.raw.*.partial" >/dev/null || ! kill -0 $job 2>/dev/null; do :; done
  kill -INT $job 2>/dev/null || true
  code=0; wait $job || code=$?
  nothing_partial "$work"
  [ -e "$work/out.raw" ] || break
  cmp "$work/out.raw" "$work/large.raw" || die "a half file has the name"
done
[ ! -e "$work/out.raw" ] || die "never interrupted in time"
[ $code -eq 130 ] || die "exit $code instead of 130"
