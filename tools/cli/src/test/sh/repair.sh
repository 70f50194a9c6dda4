#!/usr/bin/env bash
# Damage of every kind is found, and mended from another store, a raw disk and the cache; beside clients, and killed half-way.
. "$(dirname "$0")/lib.sh"

head -c 48M /dev/urandom >"$work/disk.raw"
truncate -s 64M "$work/disk.raw"
head -c 15M /dev/urandom >>"$work/disk.raw"
image=$(varve import "$work/disk.raw" --name first | tail -n 1)
VARVE_STORE=$work/other varve import "$work/disk.raw" --name other >/dev/null
cp -a "$VARVE_STORE" "$work/pristine"

pack() { printf '%s\n' "$VARVE_STORE"/packs/*.pack | head -n 1; }

flip() { # flips bytes of a pack here and there
  local at size
  size=$(stat -c %s "$(pack)")
  for ((at = 100000; at < size; at += 700000)); do
    printf '\xff\x00' | dd of="$(pack)" bs=1 seek="$at" conv=notrunc status=none
  done
}

damaged() { # KIND
  rm -rf "$VARVE_STORE"
  cp -a "$work/pristine" "$VARVE_STORE"
  case $1 in
    flipped) flip ;;
    zeroed) dd if=/dev/zero of="$(pack)" bs=4k seek=1000 count=300 conv=notrunc status=none ;;
    truncated) truncate -s 20M "$(pack)" ;;
    deleted) rm "$(pack)" ;;
  esac
  rm -rf "$VARVE_STORE/cache"
}

intact() {
  varve check --data >/dev/null || die "not clean after $1"
  varve export "$image" - | cmp - "$work/disk.raw" || die "the image differs after $1"
}

for kind in flipped zeroed truncated deleted; do
  for source in "$work/other" "$work/disk.raw"; do
    damaged $kind
    fails 1 "varve repair --from SOURCE" varve check --data --json
    grep -q '"Message"' "$work/out" || die "nothing is said"
    varve repair --dry-run --from "$source" >"$work/out" || die "a dry run finds not all: $kind"
    fails 1 problem varve check --data
    varve repair --from "$source" >"$work/out" || die "not repaired: $kind from $source: $(cat "$work/out")"
    grep -q "^Mended .* from $source" "$work/out" || die "$(cat "$work/out")"
    intact "$kind from $source"
  done
done

# What is not in the source is listed, with whose it is; the rest is mended.
damaged deleted
truncate -s 30M "$work/half.raw"
dd if="$work/disk.raw" of="$work/half.raw" bs=1M count=30 conv=notrunc status=none
code=0
varve repair --from "$work/half.raw" >"$work/out" 2>"$work/err" || code=$?
[ $code -eq 1 ] || die "exit $code"
grep -q "lost: 65536 bytes at .* used by $image" "$work/out" || die "$(cat "$work/out")"
varve repair --from "$work/disk.raw" >/dev/null
intact "two sources in turn"

# In a store that is served: the client opens the sources, relative to where it is.
damaged flipped
start_server
(cd "$work" && varve repair --from other --from disk.raw >"$work/out") || die "not repaired in a server: $(cat "$work/out")"
grep -q "^Mended" "$work/out" || die "$(cat "$work/out")"
intact "a repair in a server"
stop_server
intact "the server's end"

# Killed anywhere, it is no worse, and the next one ends it.
for delay in 0.4 0.5 0.6 0.7 0.8 0.9; do
  damaged deleted
  "$VARVE" repair --from "$work/disk.raw" >/dev/null 2>&1 &
  job=$!
  sleep $delay
  kill -9 $job 2>/dev/null || true
  wait $job 2>/dev/null || true
  varve repair --from "$work/disk.raw" >/dev/null
  intact "a repair that was killed after $delay s"
done
