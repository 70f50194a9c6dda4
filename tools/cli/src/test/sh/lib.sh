# Sourced by the tests beside it. Each runs the command named by $VARVE in a folder of its own, which goes with the test.
set -euo pipefail
: "${VARVE:?the varve command to test, as an absolute path}"

work=$(mktemp -d "${TMPDIR:-/tmp}/varve-test.XXXXXX")
export VARVE_STORE=$work/store
undo=()

# Runs what was put into undo, newest first, then removes the folder.
clean_up() {
  local code=$?
  set +e
  for ((i = ${#undo[@]} - 1; i >= 0; i--)); do eval "${undo[i]}" >&2; done
  rm -rf "$work"
  if [ $code -eq 0 ]; then echo "ok      ${0##*/} ($SECONDS s)"; else echo "FAILED  ${0##*/} ($SECONDS s)"; fi
  exit $code
}
trap clean_up EXIT
trap 'exit 130' INT TERM

die() {
  echo "${0##*/}:${BASH_LINENO[0]}: $*" >&2
  exit 1
}

varve() { timeout 300 "$VARVE" "$@"; }

# fails CODE WORDS COMMAND...: the command must end with the code and one line on the error stream that has the words.
fails() {
  local expected=$1 words=$2 code=0
  shift 2
  "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq "$expected" ] || die "exit $code instead of $expected: $* ($(cat "$work/err"))"
  [ "$(wc -l <"$work/err")" -eq 1 ] || die "not one line: $* ($(cat "$work/err"))"
  grep -qF -- "$words" "$work/err" || die "no '$words': $* ($(cat "$work/err"))"
  grep -q '^varve: ' "$work/err" || die "no 'varve: ': $(cat "$work/err")"
}

# make_disk FILE SIZE [FOLDER...]: a sparse ext4 file system that holds the folders; real files, real holes.
make_disk() {
  local file=$1 size=$2
  shift 2
  rm -rf "$work/tree" && mkdir "$work/tree"
  local folder
  for folder in "$@"; do cp -a --parents "$folder" "$work/tree" 2>/dev/null || true; done
  rm -f "$file" && truncate -s "$size" "$file"
  mke2fs -q -F -t ext4 -E root_owner=0:0,lazy_itable_init=1 -d "$work/tree" "$file"
  rm -rf "$work/tree"
}

# The disk most tests use: a few thousand small files.
make_usual_disk() { make_disk "$1" 512M /etc /usr/share/perl5 /usr/share/perl /usr/share/zoneinfo; }

# blocks FILE: what it takes on the file system, in bytes.
blocks() { echo $(($(stat -c '%b * %B' "$1"))); }

# equal A B: both our own comparison and somebody else's.
equal() {
  cmp "$1" "$2" || die "$1 and $2 differ"
  qemu-img compare -q -f raw -F raw "$1" "$2" || die "qemu-img finds a difference between $1 and $2"
}

# sparse_enough COPY SOURCE: at most 1.05 times the blocks.
sparse_enough() {
  local copy source
  copy=$(blocks "$1") source=$(blocks "$2")
  [ $((copy * 100)) -le $((source * 105)) ] || die "$1 takes $copy bytes, $2 takes $source"
}

# nothing_partial FOLDER: no half-written file is left.
nothing_partial() {
  local left
  left=$(find "$1" -name '.*.partial')
  [ -z "$left" ] || die "left behind: $left"
}

# image_count: how many images the store has.
image_count() { varve images --json | grep -c '"ImageId"' || true; }

# start_server [ARGS...]: varve serve, until it says that it does; sets server to its number. The launcher becomes the java process.
start_server() {
  : >"$work/serve.out"
  "$VARVE" serve "$@" >"$work/serve.out" 2>"$work/serve.err" &
  server=$!
  undo+=("kill -9 $server 2>/dev/null")
  for ((i = 0; i < 300; i++)); do
    ! grep -q '^Serving' "$work/serve.out" || return 0
    kill -0 $server 2>/dev/null || break
    sleep 0.1
  done
  die "does not serve: $(cat "$work/serve.err")"
}

# stop_server: with SIGTERM; it must end well.
stop_server() {
  kill -TERM $server
  local code=0
  wait $server || code=$?
  [ $code -eq 0 ] || die "the server ended with $code: $(cat "$work/serve.err")"
}

need_root() {
  [ "$(id -u)" -eq 0 ] || die "needs root: loop devices, mounts, other users"
}
