#!/usr/bin/env bash
# Damage of every kind is found, and mended from another store, a raw disk and the cache; beside clients, and killed half-way.
# A damaged index is rebuilt, with a copy of the store and without.
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

# A damaged index: of the packs, of what is left, and of a copy of the store.
cp -a "$work/pristine" "$work/copy"

index_damaged() { # KIND
  local file
  damaged none
  case $1 in
    flipped) for file in "$VARVE_STORE"/index/*.sst; do printf '\xff\x00\xff' | dd of="$file" bs=1 seek=20 conv=notrunc status=none; done ;;
    tables) rm "$VARVE_STORE"/index/*.sst ;;
    manifest) truncate -s 100 "$VARVE_STORE"/index/MANIFEST-* ;;
    current) rm "$VARVE_STORE/index/CURRENT" ;;
    deleted) rm -rf "$VARVE_STORE/index" ;;
    packs) rm "$VARVE_STORE/index/CURRENT" && flip ;;
    format) rm "$VARVE_STORE/FORMAT" "$VARVE_STORE/packs/FORMAT" ;;
  esac
}

rebuilt() { # WHAT [ARGS...]
  local what=$1
  shift
  varve repair --rebuild-index "$@" >"$work/out" || die "not rebuilt: $what: $(cat "$work/out")"
  grep -q '^Rebuilt' "$work/out" || die "$(cat "$work/out")"
  intact "a rebuild: $what"
}

for kind in flipped tables manifest current deleted packs format; do
  index_damaged $kind
  code=0
  varve check --data >/dev/null 2>"$work/err" || code=$?
  [ $code -eq 1 ] || die "not noticed: $kind"
  grep -q 'rebuild-index' "$work/err" || die "not told what to do: $kind: $(cat "$work/err")"
  rebuilt $kind --from "$work/copy"
done

# What is not lost needs no copy; what is, is refused without one.
rebuilt "nothing was wrong"
index_damaged current
fails 1 "is another store" varve repair --rebuild-index --from "$work/other"
fails 1 "nothing of it can be read" varve repair --rebuild-index

# Not in a store that is served, nor from one.
damaged none
start_server
fails 1 "a server has this store open" varve repair --rebuild-index
stop_server
index_damaged current
server_store=$VARVE_STORE
export VARVE_STORE=$work/copy
start_server
export VARVE_STORE=$server_store
fails 1 "is in use" varve repair --rebuild-index --from "$work/copy"
stop_server
rebuilt "after the server" --from "$work/copy"

# Killed anywhere, the same again ends it.
for delay in 0.2 0.3 0.4 0.5 0.6 0.7 0.8; do
  index_damaged current
  "$VARVE" repair --rebuild-index --from "$work/copy" >/dev/null 2>&1 &
  job=$!
  sleep $delay
  kill -9 $job 2>/dev/null || true
  wait $job 2>/dev/null || true
  rebuilt "killed after $delay s" --from "$work/copy"
done

# What has rotted in a volume's log comes back from a copy of the store: before anybody has opened the volume, and after.
volume=$(varve volume create --size 1G | tail -n 1)
start_server
for ((i = 0; i < 40; i++)); do
  qemu-io -f raw -c "write -P $((i + 1)) $((i * 64))K 64K" -c flush "nbd+unix:///$volume?socket=$VARVE_STORE/nbd.sock" >/dev/null
done
stop_server
varve export "$volume" "$work/volume.raw"
rm -rf "$work/pristine" "$work/copy"
cp -a "$VARVE_STORE" "$work/pristine"
cp -a "$VARVE_STORE" "$work/copy"

rot() { # DAMAGE: to all logs of volumes
  local log
  rm -rf "$VARVE_STORE"
  cp -a "$work/pristine" "$VARVE_STORE"
  for log in "$VARVE_STORE"/volumes/*.log; do
    case $1 in
      bytes) for at in 70 200 70000 140000; do printf '\xff\x00' | dd of="$log" bs=1 seek=$at conv=notrunc status=none; done ;;
      zeros) dd if=/dev/zero of="$log" bs=4k count=60 conv=notrunc status=none ;;
      cut) truncate -s 100K "$log" ;;
      gone) rm "$log" ;;
    esac
  done
}

unrotten() { varve export "$volume" - | cmp - "$work/volume.raw" || die "the volume differs after $1"; }

for kind in bytes zeros cut gone; do
  rot $kind
  if varve export "$volume" - 2>/dev/null | cmp -s - "$work/volume.raw"; then die "$kind in its log are not noticed"; fi
  rot $kind
  if ! varve repair --from "$work/copy" >"$work/out"; then # of a lost file nobody knows how far it went: told once
    [[ $kind == gone ]] && grep -q "what was written later" "$work/out" || die "not repaired: $kind: $(cat "$work/out")"
    varve repair --from "$work/copy" >"$work/again" || die "not repaired: $kind: $(cat "$work/again")"
  fi
  grep -q "^Mended .* of volumes' logs, from $work/copy" "$work/out" || die "$(cat "$work/out")"
  unrotten "$kind"
done
rot bytes
! varve export "$volume" - >/dev/null 2>&1 || die "rotten bytes are not noticed"
fails 1 "name more sources" varve repair
grep -q "lost: .* of $volume" "$work/out" || die "$(cat "$work/out")"
start_server
(cd "$work" && varve repair --from copy --json >"$work/out") || die "not repaired in a server: $(cat "$work/out")"
grep -q '"LogPages" : [1-9]' "$work/out" || die "$(cat "$work/out")"
unrotten "a repair in a server"
stop_server
