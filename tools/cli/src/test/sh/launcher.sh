#!/usr/bin/env bash
# The launcher: which Java it takes, what it says when there is none, and the start-up archive that it has made.
. "$(dirname "$0")/lib.sh"

version=$("$VARVE" --version)

# From anywhere, through links.
ln -s "$VARVE" "$work/first" && ln -s first "$work/second"
[ "$(cd / && "$work/second" --version)" = "$version" ] || die "does not run through a link"
[ "$(cd "$work" && sh ./second --version)" = "$version" ] || die "does not run through a relative link"

# Java: JAVA_HOME before PATH, none, too old.
mkdir "$work/empty" "$work/old" "$work/old/bin"
fails 1 "$work/empty" env JAVA_HOME="$work/empty" "$VARVE" --version
fails 1 "no Java found" env -u JAVA_HOME PATH="$work/empty" "$VARVE" --version
printf 'JAVA_VERSION="11.0.2"\n' >"$work/old/release"
printf '#!/bin/sh\necho started\n' >"$work/old/bin/java" && chmod +x "$work/old/bin/java"
fails 1 "Java 11.0.2 in $work/old is too old" env JAVA_HOME="$work/old" "$VARVE" --version
VARVE_JAVA_OPTS="-Dvarve.test=* -Xint" "$VARVE" --version >"$work/out"

# quiet: the command answers as ever, and says nothing else.
quiet() {
  [ "$("$@" 2>"$work/err")" = "$version" ] || die "another answer: $*"
  [ ! -s "$work/err" ] || die "$(cat "$work/err")"
}

# The archive: several commands at once have one made, which the JVM then takes.
export XDG_CACHE_HOME=$work/cache
for i in 1 2 3 4; do "$VARVE" --version >"$work/out.$i" 2>&1 & done
wait
for i in 1 2 3 4; do [ "$(cat "$work/out.$i")" = "$version" ] || die "another answer: $(cat "$work/out.$i")"; done
for ((i = 0; i < 600; i++)); do
  archive=$(find "$work/cache/varve" -name '*.jsa')
  if [ -n "$archive" ] && [ -z "$(find "$work/cache/varve" -name '*.lock')" ]; then break; fi
  sleep 0.1
done
[ "$(ls "$work/cache/varve")" = "$(basename "$archive")" ] || die "not one archive: $(ls "$work/cache/varve")"
quiet env VARVE_JAVA_OPTS=-Xshare:on "$VARVE" --version

# One that is none, and a cache that cannot be: never more than a slower start.
rm "$archive" && head -c 1M /dev/urandom >"$archive"
quiet "$VARVE" --version
: >"$archive"
quiet "$VARVE" --version
XDG_CACHE_HOME=/proc/none quiet "$VARVE" --version
XDG_CACHE_HOME='' HOME=/proc/none quiet "$VARVE" --version
