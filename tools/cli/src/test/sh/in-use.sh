#!/usr/bin/env bash
# A store that another process has open is named, with the process.
. "$(dirname "$0")/lib.sh"

varve init
mkfifo "$work/pipe"
"$VARVE" import - --name slow <"$work/pipe" >"$work/slow.out" 2>&1 &
holder=$!
undo+=("kill $holder")
exec 9>"$work/pipe"
head -c 2M /dev/urandom >&9
for ((i = 0; i < 100; i++)); do
  if ! varve images >/dev/null 2>&1; then break; fi
  sleep 0.1
done
fails 1 "in use" varve images
grep -qF "$VARVE_STORE" "$work/err" || die "does not name the store: $(cat "$work/err")"
grep -qE '\b[0-9]+\b' "$work/err" || die "does not name the process: $(cat "$work/err")"
exec 9>&-
wait $holder || die "the first process was disturbed: $(cat "$work/slow.out")"
undo=()
[ "$(image_count)" -eq 1 ] || die "its image is missing"
