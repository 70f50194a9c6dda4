#!/usr/bin/env bash
# Foreign clients use what varve serves: nbdinfo, nbdcopy, nbdfuse, qemu-img, qemu-io, fio; file systems on a block device;
# the server ends well with SIGTERM, and keeps what was flushed when it is killed; with TLS they show certificates.
. "$(dirname "$0")/lib.sh"
need_root

make_usual_disk "$work/disk.raw"
varve import "$work/disk.raw" --name served >"$work/import"
image=$(tail -n 1 "$work/import")
volume=$(varve volume create --from "$(varve show "$image" --json | sed -n 's/.*"SnapshotId" *: *"\(snap-[0-9a-f]*\)".*/\1/p' | head -n 1)" | tail -n 1)
blank=$(varve volume create --size 4G | tail -n 1)
socket=$work/nbd.sock
uri() { echo "nbd+unix:///$1?socket=$socket"; }

serve() { start_server --unix "$socket" "$@"; }

stop() {
  stop_server
  [ ! -e "$socket" ] || die "the socket is left"
}

serve
[ "$(stat -c %a "$socket")" = 600 ] || die "others may connect"
nbdinfo --list "nbd+unix://?socket=$socket" >"$work/list"
for id in "$image" "$volume" "$blank"; do grep -q "export=\"$id\"" "$work/list" || die "$id is not listed"; done
nbdinfo "$(uri "$image")" | grep -q 'is_read_only: true' || die "an image can be written to"
nbdinfo --map "$(uri "$image")" | grep -q hole || die "an image has no holes"
nbdinfo --map=varve:hydrated "$(uri "$volume")" >/dev/null
[ "$(nbdinfo --map=varve:layer "$(uri "$volume")" | awk '{ print $3 }')" = 0 ] || die "something was written to a new volume"
qemu-img info "$(uri "$volume")" | grep -q 'virtual size' || die "qemu-img info"
qemu-img map "$(uri "$image")" >/dev/null
timeout 120 qemu-img compare -f raw -F raw "$(uri "$image")" "$work/disk.raw" >/dev/null || die "qemu-img compare"
timeout 120 qemu-img convert -f raw -O qcow2 "$(uri "$image")" "$work/copy.qcow2"
qemu-img compare -q -f qcow2 -F raw "$work/copy.qcow2" "$work/disk.raw" || die "qemu-img convert"
timeout 120 nbdcopy "$(uri "$image")" "$work/copy.raw"
cmp "$work/copy.raw" <(cat "$work/disk.raw") || die "nbdcopy from an image"
timeout 120 nbdcopy "$work/disk.raw" "$(uri "$blank")"
timeout 120 nbdcopy "$(uri "$blank")" "$work/back.raw"
cmp -n "$(stat -c %s "$work/disk.raw")" "$work/disk.raw" "$work/back.raw" || die "nbdcopy to a volume and back"

timeout 120 qemu-io -f raw -c 'write -P 5 0 1M' -c 'read -P 5 4000 9000' -c 'write -z 64k 128k' -c 'read -P 0 64k 128k' \
  -c 'discard 1M 1M' -c 'write -f -P 6 3M 64k' -c 'read -P 6 3M 64k' -c 'flush' "$(uri "$blank")" >"$work/qemu-io" ||
  die "qemu-io: $(cat "$work/qemu-io")"
nbdinfo --map=varve:layer "$(uri "$blank")" | awk '$3 == 1 { found = 1 } END { exit !found }' || die "nothing was written"
! grep -q 'Pattern verification failed' "$work/qemu-io" || die "qemu-io reads something else: $(cat "$work/qemu-io")"

stop
snapshot=$(varve snapshot create "$blank" --wait | tail -n 1)
serve
qemu-io -f raw -c 'write -P 7 5M 1M' "$(uri "$blank")" >/dev/null
nbdinfo "$(uri "$blank")" | grep -q "qemu:dirty-bitmap:$snapshot" || die "changes since a snapshot are not offered"
nbdinfo --map="qemu:dirty-bitmap:$snapshot" "$(uri "$blank")" | awk '$3 == 1 { print $1, $2 }' >"$work/changed"
[ "$(cat "$work/changed")" = "5242880 1048576" ] || die "changed since $snapshot: $(cat "$work/changed")"
[ "$(nbdinfo --map="qemu:dirty-bitmap:$snapshot" "$(uri "$snapshot")" | awk '{ print $3 }')" = 0 ] || die "$snapshot has changed"

job() { # job NAME WORDS...
  local name=$1
  shift
  cd "$work" # where fio leaves what it knows
  timeout 240 fio --name="$name" --ioengine=nbd --uri="$(uri "$blank")" --size=128m --rw=randwrite --bsrange=4k-64k --iodepth=16 \
    --verify=crc32c --verify_fatal=1 --randseed=7 "$@" >"$work/fio" 2>&1 || die "fio $name: $(tail -n 5 "$work/fio")"
}
job verified --do_verify=1

# File systems, on a loop device over nbdfuse.
mkdir "$work/fuse" "$work/mnt"
nbdfuse "$work/fuse" "$(uri "$blank")" &
fuse=$!
undo+=("fusermount3 -u $work/fuse 2>/dev/null; wait $fuse")
for ((i = 0; i < 100; i++)); do
  [ ! -e "$work/fuse/nbd" ] || break
  sleep 0.1
done
loop=$(losetup -f --show "$work/fuse/nbd")
undo+=("losetup -d $loop 2>/dev/null")
for kind in ext4 xfs btrfs; do
  case $kind in
    ext4) timeout 120 mke2fs -q -F -t ext4 "$loop" ;;
    xfs) timeout 120 mkfs.xfs -q -f "$loop" ;;
    btrfs) timeout 120 mkfs.btrfs -q -f "$loop" 2>/dev/null ;;
  esac
  timeout 60 mount -t $kind "$loop" "$work/mnt"
  undo+=("umount -l $work/mnt 2>/dev/null")
  (cd "$work/mnt" && timeout 120 stress-ng --quiet --hdd 2 --hdd-bytes 32m --iomix 1 --iomix-bytes 16m --verify --timeout 5s \
    --temp-path "$work/mnt") || die "stress-ng on $kind"
  cp -a /etc "$work/mnt/etc"
  timeout 60 umount "$work/mnt"
  case $kind in
    ext4) timeout 120 e2fsck -fn "$loop" >/dev/null 2>&1 || die "e2fsck" ;;
    xfs) timeout 120 xfs_repair -n "$loop" >/dev/null 2>&1 || die "xfs_repair" ;;
    btrfs) timeout 120 btrfs check "$loop" >/dev/null 2>&1 || die "btrfs check" ;;
  esac
  timeout 60 mount -o ro -t $kind "$loop" "$work/mnt"
  diff -r --no-dereference /etc "$work/mnt/etc" || die "files on $kind differ"
  timeout 60 umount "$work/mnt"
done
losetup -d "$loop"
fusermount3 -u "$work/fuse"
wait $fuse || true

# Written and flushed in one process, which is killed; verified in the next.
job killed --do_verify=0 --end_fsync=1
kill -9 $server
wait $server 2>/dev/null || true
serve "$blank"
grep -q "^$blank " "$work/serve.out" || die "does not say what it serves"
! nbdinfo "$(uri "$volume")" >/dev/null 2>&1 || die "serves what was not named"
job killed --verify_only=1
stop
varve check --data >/dev/null
fails 2 "no HOST:PORT" varve serve --tcp 10809
fails 2 "anybody could connect" varve serve --tcp 0.0.0.0:10809

# With TLS: an authority, who it knows, and who it does not.
authority() { # authority FOLDER
  mkdir "$1"
  openssl req -x509 -newkey rsa:2048 -noenc -days 2 -subj /CN=authority -keyout "$1/ca-key.pem" -out "$1/ca-cert.pem" 2>/dev/null
}
signed() { # signed FOLDER WHO EXTENSION
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$2" -addext "$3" -keyout "$1/$2-key.pem" 2>/dev/null |
    openssl x509 -req -days 2 -CA "$1/ca-cert.pem" -CAkey "$1/ca-key.pem" -copy_extensions copy -out "$1/$2-cert.pem" 2>/dev/null
}
known=$work/known
authority "$known"
signed "$known" server subjectAltName=DNS:localhost,IP:127.0.0.1
signed "$known" client extendedKeyUsage=clientAuth
stranger=$work/stranger
authority "$stranger"
signed "$stranger" client extendedKeyUsage=clientAuth
cp "$known/ca-cert.pem" "$stranger"
nobody=$work/nobody
mkdir "$nobody"
cp "$known/ca-cert.pem" "$nobody"

fails 2 "--tls is for --tcp" varve serve --tls "$known"
fails 1 "server-cert.pem is not there" varve serve --tcp localhost:0 --tls "$nobody"
start_server --tcp 0.0.0.0:0 --tls "$known" "$image" "$blank"
port=$(sed -n 's|^Serving at nbds://.*:\([0-9]*\)/;.*|\1|p' "$work/serve.out")
secure() { echo "nbds://127.0.0.1:$port/$1?tls-certificates=$2"; }
nbdinfo "$(secure "$image" "$known")" | grep -q 'protocol: newstyle-fixed with TLS' || die "nbdinfo without TLS"
nbdinfo --list "$(secure '' "$known")" | grep -q "export=\"$blank\"" || die "nbdinfo --list with TLS"
timeout 120 nbdcopy "$(secure "$image" "$known")" "$work/secure.raw"
cmp "$work/secure.raw" <(cat "$work/disk.raw") || die "nbdcopy with TLS"
timeout 120 nbdcopy "$work/disk.raw" "$(secure "$blank" "$known")"
timeout 120 nbdcopy "$(secure "$blank" "$known")" "$work/back.raw"
cmp -n "$(stat -c %s "$work/disk.raw")" "$work/disk.raw" "$work/back.raw" || die "nbdcopy to a volume and back with TLS"
creds() { echo "tls-creds-x509,id=tls,endpoint=client,dir=$1"; }
of_qemu="driver=nbd,host=127.0.0.1,port=$port,tls-creds=tls,export"
timeout 120 qemu-img convert -O raw --object "$(creds "$known")" --image-opts "$of_qemu=$image" "$work/secure.raw"
cmp "$work/secure.raw" <(cat "$work/disk.raw") || die "qemu-img convert with TLS"
timeout 120 qemu-io --object "$(creds "$known")" -c 'write -P 5 0 3M' -c 'flush' -c 'read -P 5 4000 2M' -c 'write -z 64k 128k' \
  -c 'read -P 0 64k 128k' --image-opts "$of_qemu=$blank" >"$work/qemu-io" || die "qemu-io with TLS: $(cat "$work/qemu-io")"
! grep -q 'Pattern verification failed' "$work/qemu-io" || die "qemu-io with TLS reads something else: $(cat "$work/qemu-io")"
for who in "$nobody" "$stranger"; do
  ! timeout 60 nbdinfo "$(secure "$image" "$who")" >/dev/null 2>&1 || die "nbdinfo is served with the certificates in $who"
done
! timeout 60 qemu-img info --object "$(creds "$stranger")" --image-opts "$of_qemu=$image" >/dev/null 2>&1 ||
  die "qemu-img is served with a stranger's certificate"
! timeout 60 nbdinfo "nbd://127.0.0.1:$port/$image" >/dev/null 2>&1 || die "nbdinfo is served without TLS"
nbdinfo "$(secure "$image" "$known")" >/dev/null || die "nobody is served any more"
stop
