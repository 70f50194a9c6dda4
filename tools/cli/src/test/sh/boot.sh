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

# boot VOLUME BOOTS: serves it, boots it, and expects so many boots, this one included.
boot() {
  : >"$work/serve.out"
  "$VARVE" serve --unix "$socket" "$1" >"$work/serve.out" 2>"$work/serve.err" &
  local server=$!
  undo+=("kill -9 $server 2>/dev/null")
  for ((i = 0; i < 300; i++)); do
    ! grep -q '^Serving' "$work/serve.out" || break
    sleep 0.1
  done
  timeout 240 qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -nographic -no-reboot \
    -kernel "$work/vmlinuz" -initrd "$work/initrd.img" -append 'root=/dev/vda rw console=ttyS0' \
    -drive "file=nbd+unix:///$1?socket=$socket,if=virtio,format=raw" >"$work/boot.log" 2>&1 </dev/null || true
  grep -aq "BOOTS: $2" "$work/boot.log" || die "$1 was not booted for the ${2}th time: $(tail -n 20 "$work/boot.log")"
  kill -TERM $server
  wait $server || die "the server did not end well: $(cat "$work/serve.err")"
}

boot "$volume" 1
boot "$volume" 2
snapshot=$(varve snapshot create "$volume" | tail -n 1)
again=$(varve volume create --from "$snapshot" | tail -n 1)
boot "$again" 3
boot "$volume" 3
varve export "$image" "$work/image.raw" >/dev/null
cmp "$work/image.raw" "$work/debian.raw" || die "the image has changed"
