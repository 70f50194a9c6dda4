#!/usr/bin/env bash
# A raw disk becomes an image and comes back equal and as sparse, by file and by pipe; a derived one shares its content.
. "$(dirname "$0")/lib.sh"

make_usual_disk "$work/base.raw"
cp --sparse=always "$work/base.raw" "$work/derived.raw"
mkdir "$work/more" && head -c 3000000 /dev/urandom >"$work/more/random"
debugfs -w -R "write $work/more/random random" "$work/derived.raw" 2>/dev/null

base=$(varve import "$work/base.raw" --name base | tail -n 1)
[[ $base == ami-* ]] || die "no image id on the last line: $base"
derived=$(varve import - --name derived <"$work/derived.raw" | tail -n 1)
[[ $derived == ami-* ]] || die "no image id on the last line: $derived"

varve export "$base" "$work/base.out"
equal "$work/base.raw" "$work/base.out"
sparse_enough "$work/base.out" "$work/base.raw"
varve export "$derived" - >"$work/derived.out"
equal "$work/derived.raw" "$work/derived.out"
varve export "$derived" "$work/derived.2"
equal "$work/derived.raw" "$work/derived.2"
sparse_enough "$work/derived.2" "$work/derived.raw"
nothing_partial "$work"

[ "$(image_count)" -eq 2 ] || die "not two images: $(varve images)"
varve check --data
