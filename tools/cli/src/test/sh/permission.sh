#!/usr/bin/env bash
# What another user may not do is said in one line; root may everything, so this is tried as nobody.
. "$(dirname "$0")/lib.sh"
need_root

nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$work/home" "$VARVE" "$@"; }

chmod 755 "$work"
mkdir "$work/home" && chown 65534 "$work/home"
head -c 1M /dev/urandom >"$work/secret.raw" && chmod 600 "$work/secret.raw"
head -c 1M /dev/urandom >"$work/disk.raw" && chmod 644 "$work/disk.raw"
mkdir "$work/closed" && chmod 755 "$work/closed"
export VARVE_STORE=$work/home/store

fails 1 "$work/secret.raw: permission denied" nobody import "$work/secret.raw" --name secret
image=$(nobody import "$work/disk.raw" --name disk | tail -n 1)
fails 1 "$work/closed/out.raw: permission denied" nobody export "$image" "$work/closed/out.raw"
[ -z "$(ls -A "$work/closed")" ] || die "something was left in $work/closed"
fails 1 "permission denied" nobody init --store "$work/closed/store"

# A store of somebody else.
chmod -R go-rwx "$work/home/store" && chown -R 0 "$work/home/store"
fails 1 "$work/home/store" nobody images
grep -q "permission denied" "$work/err" || die "does not say why: $(cat "$work/err")"
