#!/usr/bin/env bash
# What the user may not do is said in one line. Root may do everything, so its right to pass over permissions is dropped,
# and the files in question are somebody else's.
. "$(dirname "$0")/lib.sh"
need_root

limited() { setpriv --bounding-set=-dac_override,-dac_read_search,-fowner "$VARVE" "$@"; }

head -c 1M /dev/urandom >"$work/disk.raw"
head -c 1M /dev/urandom >"$work/secret.raw" && chmod 600 "$work/secret.raw" && chown 65534 "$work/secret.raw"
mkdir "$work/closed" && chmod 755 "$work/closed" && chown 65534 "$work/closed"

fails 1 "$work/secret.raw: permission denied" limited import "$work/secret.raw" --name secret
image=$(limited import "$work/disk.raw" --name disk | tail -n 1)
fails 1 "$work/closed/out.raw: permission denied" limited export "$image" "$work/closed/out.raw"
fails 1 "permission denied" limited init --store "$work/closed/store"
[ -z "$(ls -A "$work/closed")" ] || die "something was left in $work/closed"

# A store of somebody else.
chmod -R go-rwx "$VARVE_STORE" && chown -R 65534 "$VARVE_STORE"
fails 1 "permission denied" limited images
grep -qF "$VARVE_STORE" "$work/err" || die "does not name the store: $(cat "$work/err")"
chown -R 0 "$VARVE_STORE"
[ "$(image_count)" -eq 1 ] || die "the image is gone"
