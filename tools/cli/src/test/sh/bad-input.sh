#!/usr/bin/env bash
# Input that makes no sense: one line that names it and says what to do; the store stays as it was.
. "$(dirname "$0")/lib.sh"

fails 1 "no store at $work/absent" varve images --store "$work/absent"
grep -qF "varve init" "$work/err" || die "does not say what to do: $(cat "$work/err")"
[ ! -e "$work/absent" ] || die "a store was made by mistake"

head -c 1M /dev/urandom >"$work/disk.raw"
image=$(varve import "$work/disk.raw" --name disk | tail -n 1)

fails 1 "$work/absent.raw: no such file" varve import "$work/absent.raw"
fails 1 "$work: this is a directory" varve import "$work"
: >"$work/empty.raw"
fails 1 "$work/empty.raw: this is empty" varve import "$work/empty.raw"
fails 1 "empty" bash -c "\"$VARVE\" import - </dev/null"
head -c 1000 /dev/urandom >"$work/odd.raw"
fails 1 "$work/odd.raw: its size, 1000 bytes, is not a multiple of 512" varve import "$work/odd.raw"
fails 1 "512" bash -c "\"$VARVE\" import - <\"$work/odd.raw\""
fails 1 "ami-00000000000000000" varve export ami-00000000000000000 "$work/out.raw"
fails 1 "snap-00000000000000000" varve show snap-00000000000000000
fails 1 "ami-00000000000000000" varve image deregister ami-00000000000000000
fails 1 "$work/disk.raw: this file exists" varve export "$image" "$work/disk.raw"
fails 1 "debian" varve show debian
fails 2 "is not a command" varve imprt "$work/disk.raw"
fails 2 "--nmae" varve import "$work/disk.raw" --nmae x
fails 2 "chunk" varve init --store "$work/other" --chunk-size 100K

# Other formats under the name of raw.
for format in qcow2 vmdk vdi vhdx vpc qed; do
  qemu-img convert -q -f raw -O $format "$work/disk.raw" "$work/disk.$format"
  fails 1 "$work/disk.$format: " varve import "$work/disk.$format"
  grep -q -- "--force" "$work/err" || die "does not say what to do: $(cat "$work/err")"
done
varve import "$work/disk.qcow2" --force --name forced >/dev/null

[ "$(image_count)" -eq 2 ] || die "something was registered: $(varve images)"
varve export "$image" "$work/disk.out"
equal "$work/disk.raw" "$work/disk.out"
varve check --data
