# Medians, ratios and bars of what bench/peers has measured: lines of tool, image, wall, user, system, peak KiB, stored.

function wall(tool, image) { return median(walls[tool, image], count[tool, image]) }
function cpu(tool, image) { return median(cpus[tool, image], count[tool, image]) }

# bar(WHAT, MEASURED, LIMIT, UNIT): one line of the verdict.
function bar(what, measured, limit, unit) {
  verdict = measured <= limit ? "ok" : "OVER"
  printf "%-62s %8s %8s  %s\n", what, sprintf("%.2f", measured) unit, sprintf("%.2f", limit) unit, verdict
  bars = bars (bars == "" ? "" : ",") sprintf("\n    {\"bar\": \"%s\", \"measured\": %.4f, \"limit\": %.4f, \"ok\": %s}",
    what, measured, limit, verdict == "ok" ? "true" : "false")
}

{
  if (!($1 in seen)) { seen[$1] = 1; tools[++toolCount] = $1 }
  key = $1 SUBSEP $2
  count[key]++
  walls[key] = walls[key] $3 " "
  cpus[key] = cpus[key] ($4 + $5) " "
  if ($6 > peak[$1]) peak[$1] = $6
  stored[key] = $7
}

END {
  printf "\n%-12s %22s %22s %12s %12s %9s\n", "", "debian.raw: wall, cpu s", "then web.raw", "stored MB", "both MB", "peak MiB"
  for (i = 1; i <= toolCount; i++) {
    t = tools[i]
    printf "%-12s %13.2f %9.2f %12.2f %9.2f %12.1f %12.1f %9.0f\n", t, wall(t, "debian"), cpu(t, "debian"), wall(t, "web"),
      cpu(t, "web"), stored[t, "debian"] / 1e6, stored[t, "web"] / 1e6, peak[t] / 1024
    results = results (i > 1 ? "," : "") sprintf("\n    {\"tool\": \"%s\", \"rounds\": %d, \"wallSeconds\": %.3f, \"cpuSeconds\": %.3f, " \
      "\"secondWallSeconds\": %.3f, \"secondCpuSeconds\": %.3f, \"storedBytes\": %d, \"storedBothBytes\": %d, \"peakBytes\": %d}",
      t, count[t, "debian"], wall(t, "debian"), cpu(t, "debian"), wall(t, "web"), cpu(t, "web"), stored[t, "debian"],
      stored[t, "web"], peak[t] * 1024)
  }
  printf "\n%-62s %8s %8s\n", "medians of " runs " (load average " load ")", "measured", "bar"
  if ("varve" in seen && "qemu" in seen) bar("import, wall, to qemu-img convert -c with zstd", wall("varve", "debian") / wall("qemu", "debian"), 0.6, "")
  if ("varve" in seen && "borg" in seen) {
    bar("import, wall, to borg create with fixed chunks and lz4", wall("varve", "debian") / wall("borg", "debian"), 0.6, "")
    bar("stored, both disks, LZ4, to borg", stored["varve", "web"] / stored["borg", "web"], 1.02, "")
  }
  if ("varve-zstd" in seen && "restic" in seen) bar("stored, both disks, zstd, to restic", stored["varve-zstd", "web"] / stored["restic", "web"], 1, "")
  if ("varve" in seen) bar("peak resident memory of an import", (peak["varve"] > peak["varve-zstd"] ? peak["varve"] : peak["varve-zstd"]) / 1024, 512, "M")
  if ("varve" in seen) {
    bar("varve --version, s", wall("varve", "version"), 0.3, "")
    bar("varve images, s", wall("varve", "list"), 0.6, "")
  }
  printf "{\n  \"rounds\": %d,\n  \"loadAverage\": %s,\n  \"results\": [%s\n  ],\n  \"bars\": [%s\n  ]\n}\n", runs, load, results, bars >json
}
