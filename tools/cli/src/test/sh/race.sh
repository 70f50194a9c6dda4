#!/usr/bin/env bash
# Two importers of the same content and a collector, against one server that is killed every few seconds: no id that was
# printed dangles. VARVE_LONG=SECONDS.
. "$(dirname "$0")/lib.sh"
seconds=${VARVE_LONG:-15}

head -c 24M /dev/urandom >"$work/one.raw"
{ head -c 12M "$work/one.raw"; head -c 12M /dev/urandom; } >"$work/two.raw"
kept=$(varve import "$work/one.raw" --name kept | tail -n 1)

# importer NAME FILE: imports and deletes; the ids that it was told and has not begun to delete are in NAME.ids.
importer() {
  local id
  for ((n = 0; ; n++)); do
    id=$("$VARVE" import "$2" --name "$1-$RANDOM-$n" 2>/dev/null | tail -n 1) || continue
    case $id in ami-*) echo "$id" | tee -a "$work/imported" >>"$work/$1.ids" ;; *) continue ;; esac
    if [ $((n % 3)) -gt 0 ]; then
      sed -i "/$id/d" "$work/$1.ids"
      "$VARVE" image deregister --with-snapshots "$id" >/dev/null 2>&1 || true
    fi
  done
}
collector() {
  while true; do
    if "$VARVE" gc --now >/dev/null 2>&1; then echo one >>"$work/collected"; else sleep 0.1; fi
  done
}

rounds=0 back=0
: >"$work/imported" && : >"$work/collected"
end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ]; do
  : >"$work/a.ids" && : >"$work/b.ids"
  start_server
  set -m # each a group of processes: a client whose server is gone tries by itself, and is killed, too
  importer a "$work/one.raw" & jobs=(-$!)
  importer b "$work/two.raw" & jobs+=(-$!)
  collector & jobs+=(-$!)
  set +m
  for job in "${jobs[@]}"; do undo+=("kill -9 -- $job 2>/dev/null"); done
  sleep $((2 + RANDOM % 4)).$((RANDOM % 10))
  back=$((back + $(varve stats --json | sed -n 's/.*"Alarms" : \([0-9]*\).*/\1/p')))
  kill -9 $server
  kill -9 -- "${jobs[@]}"
  wait $server "${jobs[@]#-}" 2>/dev/null || true
  for ((tries = 0; tries < 100; tries++)); do
    ! varve images --json >"$work/images" 2>"$work/err" || break
    sleep 0.1 # they may be dying still
  done
  [ $tries -lt 100 ] || die "round $rounds: $(cat "$work/err")"
  varve check --data >"$work/check" || die "round $rounds: $(head -n 5 "$work/check")"
  while read -r id; do
    grep -q "$id" "$work/images" || die "round $rounds: $id is not there"
  done < <(cat "$work/a.ids" "$work/b.ids")
  while read -r id; do
    varve export "$id" - 2>/dev/null | cmp -s - "$work/one.raw" || varve export "$id" - | cmp - "$work/two.raw" || die "$id differs"
  done < <(tail -qn 2 "$work/a.ids" "$work/b.ids")
  varve export "$kept" - | cmp - "$work/one.raw" || die "what was imported first differs"
  for id in $(varve images --json | grep -o 'ami-[0-9a-f]*' | grep -v "$kept"); do
    varve image deregister --with-snapshots "$id" >/dev/null
  done
  rounds=$((rounds + 1))
done
imported=$(wc -l <"$work/imported") collected=$(wc -l <"$work/collected")
[ "$imported" -ge "$rounds" ] && [ "$collected" -ge "$rounds" ] || die "no race: $imported imports, $collected collections"
echo "killed $rounds servers beside $imported imports and $collected collections; $back times what was condemned was found, and brought back"
