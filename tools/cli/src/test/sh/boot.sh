#!/usr/bin/env bash
# A real Debian boots in QEMU from a volume that nobody has touched; what it wrote is there when it boots from a snapshot of
# the volume; the image has not changed.
. "$(dirname "$0")/lib.sh"
need_root

root=$work/root
mkdir "$root"
mmdebstrap --quiet --variant=minbase --include=linux-image-cloud-amd64,systemd,systemd-sysv,udev bookworm "$work/root.tar"
tar -C "$root" -xf "$work/root.tar"
rm "$work/root.tar"
cat >"$root/etc/systemd/system/booted.service" <<'U'
[Unit]
Description=counts boots, and says so
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo boot >>/var/boots; echo "BOOTS: $(wc -l </var/boots)" >/dev/ttyS0; sync; systemctl poweroff'
[Install]
WantedBy=multi-user.target
U
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf /etc/systemd/system/booted.service "$root/etc/systemd/system/multi-user.target.wants/booted.service"
echo '/dev/vda / ext4 rw 0 1' >"$root/etc/fstab"
cp "$root"/boot/vmlinuz-* "$work/vmlinuz"
cp "$root"/boot/initrd.img-* "$work/initrd.img"
truncate -s 8G "$work/debian.raw"
mke2fs -q -F -t ext4 -d "$root" "$work/debian.raw"
rm -rf "$root"

image=$(varve import "$work/debian.raw" --name debian | tail -n 1)
volume=$(varve launch "$image" | grep -o 'vol-[0-9a-f]*' | head -n 1)
socket=$work/nbd.sock

# boots VOLUME BOOTS COMMAND...: boots it by a command, and expects so many boots, this one included.
boots() {
  local volume=$1 count=$2
  shift 2
  timeout 240 "$@" >"$work/boot.log" 2>&1 </dev/null || true
  grep -aq "BOOTS: $count" "$work/boot.log" || die "$volume was not booted for time $count: $(tail -n 20 "$work/boot.log")"
}
linux=(-no-reboot -kernel "$work/vmlinuz" -initrd "$work/initrd.img" -append 'root=/dev/vda rw console=ttyS0')
slow=(-accel tcg,thread=multi) # where /dev/kvm is there it may not work

# served VOLUME BOOTS: boots it in a QEMU that knows nothing of varve.
served() {
  start_server --unix "$socket" "$1"
  boots "$1" "$2" qemu-system-x86_64 "${slow[@]}" -cpu max -smp 2 -m 1024 -nographic "${linux[@]}" \
    -drive "file=nbd+unix:///$1?socket=$socket,if=virtio,format=raw"
  if [ $# -gt 2 ]; then "${@:3}"; fi
  stop_server
}

# The image, by the command: launched, booted; and the new volume again, while a server has the store open.
boots "$image" 1 "$VARVE" boot "$image" -- "${slow[@]}" "${linux[@]}"
new=$(grep -ao 'Booting vol-[0-9a-f]*' "$work/boot.log" | head -n 1 | cut -d ' ' -f 2)
served "$volume" 1 boots "$new" 2 "$VARVE" boot "$new" -- "${slow[@]}" "${linux[@]}"
served "$volume" 2
snapshot=$(varve snapshot create "$volume" | tail -n 1)
again=$(varve volume create --from "$snapshot" | tail -n 1)
served "$again" 3
varve export "$image" "$work/image.raw" >/dev/null
cmp "$work/image.raw" "$work/debian.raw" || die "the image has changed"
