# Medians, ratios and bars of what bench/serve has measured. Lines:
#   boot SYSTEM STATE ms median-us p99-us
#   fio SYSTEM PATTERN BLOCK DEPTH CONNECTIONS iops
#   files MB/s
#   idle WHEN MiB
#   crowd KIND mean-us p99-us connections-there-at-the-end

function note(key, value) { count[key]++; all[key] = all[key] value " " }
function mid(key) { return median(all[key], count[key]) }
function extreme(key, sign,    i, n, v, found) {
  n = split(all[key], v, " ")
  found = v[1]
  for (i = 2; i <= n; i++) if ((v[i] - found) * sign > 0) found = v[i]
  return found
}

# bar(WHAT, MEASURED, LIMIT, SIGN, MORE): one line of the verdict; SIGN is 1 if more than the limit is too much, -1 if less is.
function bar(what, measured, limit, sign, more) {
  ok = (measured - limit) * sign <= 0
  if (!ok) missed++
  verdicts = verdicts sprintf("%-62s %8.2f %s %6.2f  %s%s\n", what, measured, sign > 0 ? "<=" : ">=", limit, ok ? "ok" : "missed", more)
}

$1 == "boot" { note($1 $2 $3, $4); note($1 $2 $3 "mid", $5); note($1 $2 $3 "p99", $6) }
$1 == "fio" {
  cell = $3 " " $4 " " $5 " " $6
  if (!(cell in seen)) { seen[cell] = 1; cells[++cellCount] = cell; kinds[$3 ~ /read$/ ? "read" : "write"] = 1 }
  note($1 $2 cell, $7)
}
$1 == "files" { note("files", $2) }
$1 == "idle" { note($1 $2, $3) }
$1 == "crowd" { note($1 $2 "mean", $3); note($1 $2 "p99", $4); note($1 $2 "there", $5) }

function bootRow(server, state, title,    key) {
  key = "boot" server state
  printf "%-38s %9.1f %9.1f %9.1f %12.0f %9.0f", title, mid(key), extreme(key, -1), extreme(key, 1), mid(key "mid"), mid(key "p99")
}
function bootRatio(state, other) { return mid("bootvarve" state) / mid("bootqemu" other) }
function boot() {
  printf "\n%-38s %9s %9s %9s %12s %9s %9s\n", "reads of a boot", "ms", "least", "most", "a read, us", "p99, us", "ratio"
  bootRow("varve", "cold", "varve, cold"); printf " %9.2f\n", bootRatio("cold", "cold")
  bootRow("varve", "prefetched", "varve, cold, prefetched"); printf " %9.2f\n", bootRatio("prefetched", "cold")
  bootRow("qemu", "cold", "qemu-nbd raw, cold"); printf "\n"
  bootRow("varve", "start", "varve, until it listens"); printf "\n"
  bootRow("qemu", "start", "qemu-nbd raw, until it listens"); printf "\n"
  bootRow("varve", "warm", "varve, warm"); printf " %9.2f\n", bootRatio("warm", "warm")
  bootRow("qemu", "warm", "qemu-nbd raw, warm"); printf "\n"
  bar("boot, warm, to qemu-nbd raw", bootRatio("warm", "warm"), 1, 1)
  bar("boot, cold, to qemu-nbd raw, cold", bootRatio("cold", "cold"), 1, 1)
  bar("boot, cold, prefetched, to qemu-nbd raw, cold", bootRatio("prefetched", "cold"), 0.5, 1)
}

# megabytes(CELL, IOPS): a second.
function megabytes(cell, iops,    p) { split(cell, p, " "); return iops * p[2] * 1.024 / 1000 }

# compare(OURS, OTHER, CELL, LIMIT, GROUP): the ratio, marked where it misses; the worst of a group is kept.
function compare(ours, other, cell, limit, group,    ratio) {
  ratio = mid("fio" ours cell) / mid("fio" other cell)
  if (!(group in groupCells) || ratio < worst[group]) { worst[group] = ratio; worstCell[group] = cell }
  groupCells[group]++
  if (ratio < limit) {
    groupMissed[group]++
    if (hasFiles && megabytes(cell, limit * mid("fio" other cell)) > mid("files")) beyondFiles[group]++
  }
  return sprintf("%.2f%s", ratio, ratio < limit ? "<" : " ")
}
function groupBar(group, title, limit) {
  if (group in groupCells)
    bar("fio, " title ", the worst cell", worst[group], limit, -1,
      sprintf(" (%d of %d are below%s; the worst is %s)", groupMissed[group], groupCells[group],
        hasFiles && group ~ /^write/ && groupMissed[group] ? sprintf(", in %d the bar is more than such files take", beyondFiles[group]) : "", worstCell[group]))
}
function fioTable(kind,    i, c, p, reads) {
  if (!(kind in kinds)) return
  reads = kind == "read"
  printf "\n%-26s %9s %9s %9s %9s %9s   %8s %8s", "IOPS, " kind, "varve", reads ? "rewritten" : "", "qemu raw", "qcow2", "nbdkit", "/raw", "/nbdkit"
  printf "%s\n", reads ? sprintf(" %8s %8s", "rew/raw", "/nbdkit") : hasFiles ? sprintf(" %8s", "/files") : ""
  for (i = 1; i <= cellCount; i++) {
    c = cells[i]
    split(c, p, " ")
    if ((p[1] ~ /read$/) != reads) continue
    printf "%-6s %-4s depth %-2d conns %-1d %9.0f %9s %9.0f %9.0f %9.0f  ", p[1] ~ /^rand/ ? "random" : "seq.", p[2], p[3], p[4], mid("fiovarve" c),
      reads ? sprintf("%.0f", mid("fiorewritten" c)) : "", mid("fioqemu" c), mid("fioqcow2" c), mid("fionbdkit" c)
    printf " %8s %8s", compare("varve", "qemu", c, 1, kind "qemu"), compare("varve", "nbdkit", c, 0.6, kind "nbdkit")
    if (reads) printf " %8s %8s", compare("rewritten", "qemu", c, 1, "rewrittenqemu"), compare("rewritten", "nbdkit", c, 0.6, "rewrittennbdkit")
    else if (hasFiles) printf " %8.2f", megabytes(c, mid("fiovarve" c)) / mid("files")
    printf "\n"
  }
}
function fio() {
  hasFiles = "files" in count # not on a tmpfs
  fioTable("read")
  fioTable("write")
  if (hasFiles) printf "two plain files that are synced every 32 MiB take %.0f MB/s\n", mid("files")
  groupBar("readqemu", "read, to qemu-nbd raw", 1)
  groupBar("rewrittenqemu", "read what was rewritten, to qemu-nbd raw", 1)
  groupBar("writeqemu", "write, to qemu-nbd raw", 1)
  groupBar("readnbdkit", "read, to nbdkit", 0.6)
  groupBar("rewrittennbdkit", "read what was rewritten, to nbdkit", 0.6)
  groupBar("writenbdkit", "write, to nbdkit", 0.6)
}

function idle() {
  printf "\n%-38s %9s\n%-38s %9.1f\n%-38s %9.1f\n", volumes " volumes", "MiB", "served, no client", mid("idleserved"),
    "after nbdinfo --list", mid("idlelisted")
  bar("idle, resident MiB", mid("idleserved"), 150, 1)
  bar("idle, resident MiB after nbdinfo --list", mid("idlelisted"), 150, 1)
}

function crowded(    i, k, kinds, titles, what) {
  split("alone idle silent half deaf", kinds, " ")
  split("alone|negotiated, idle|not negotiated|half a request|replies not read", titles, "|")
  printf "\n%-38s %9s %9s %9s %9s %12s\n", "4 KiB read beside " crowd " others", "mean, us", "p99, us", "mean", "p99", "still there"
  for (i = 1; i <= 5; i++) {
    k = "crowd" kinds[i]
    printf "%-38s %9.1f %9.1f %9.2f %9.2f %12s\n", titles[i], mid(k "mean"), mid(k "p99"), mid(k "mean") / mid("crowdalonemean"),
      mid(k "p99") / mid("crowdalonep99"), (i > 1 ? extreme(k "there", -1) : "")
    if (i > 1) for (what = 0; what < 2; what++)
      bar("crowd, " titles[i] ", " (what ? "p99" : "mean") " to alone", mid(k (what ? "p99" : "mean")) / mid("crowdalone" (what ? "p99" : "mean")), 2, 1)
  }
}

END {
  if ("bootvarvecold" in count) boot()
  if (cellCount) fio()
  if ("idleserved" in count) idle()
  if ("crowdalonemean" in count) crowded()
  printf "\n%-62s %8s %9s\n%s", "medians (load average " load ")", "measured", "bar", verdicts
  exit strict && missed
}
