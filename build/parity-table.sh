#!/usr/bin/env bash
# Makes docs/parity.md of what the parity tests wrote: per weight format, kernel and processor the number of cases whose
# bits were compared with those of the C# reference. Usage: build/parity-table.sh LOG [--check]
# With --check nothing is written: fails where the committed table is not the one that the log gives. What cannot run on
# this machine (no AVX-512, no emulator) is taken from the committed table, and named.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
table=$root/docs/parity.md
[[ $# -ge 1 && -f $1 && ${2:---check} == --check ]] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }

made=$(mktemp)
trap 'rm -f "$made"' EXIT
# "host format tier kernel: outcome" lines of the log, with a host's name as it is in the list.
sed -nE 's/^ *([^ ]+): ([a-z0-9_-]+) ([a-z0-9]+) ([a-z0-9_]+): ([0-9]+) cases, ([0-9]+) ULP$/cases \1 \2 \3 \4 \5 \6/p
         s/^ *([^ ]+): ([a-z0-9_-]+) ([a-z0-9]+) ([a-z0-9_]+): not on this CPU$/lacking \1 \2 \3 \4/p
         s/^ *([^ ]+): ([a-z0-9_-]+) ([a-z0-9]+) ([a-z0-9_]+): not exact: (.*)$/inexact \1 \2 \3 \4 \5/p' "$1" | sort -u |
    awk -v list="$root/tests/emulated-cpus.txt" -v old="$table" '
function short(cpu) {
    if (cpu == "max,sme=off") return "max"
    if (match(cpu, /sme-default-vector-length=[0-9]+/)) return "max, SME " 8 * substr(cpu, RSTART + 26, RLENGTH - 26)
    return cpu
}
function index_of(names, count, name,    i) {
    for (i = 1; i <= count; i++) if (names[i] == name) return i
    return 0
}
function add(names, count, name) {
    if (index_of(names, count, name)) return count
    names[count + 1] = name
    return count + 1
}
BEGIN {
    # The processors, and the order of formats and tiers.
    host_count = 1; hosts[1] = "x64"; about[1] = "A machine with AVX-512 VNNI, AVX-VNNI and AMX; its own kernels, not emulated."
    while ((getline line < list) > 0) {
        if (line ~ /^#/) { text = substr(line, 3); continue }
        hosts[++host_count] = line; about[host_count] = text
    }
    formats = split("f32 f16 bf16 int8-channel int4-channel int2-channel int4 int4-asymmetric q4_0", format)
    tiers = split("portable neon dotprod i8mm sve sme sme2 avx2 avxvnni avx512vnni amx", tier)
    for (t = 1; t <= tiers; t++) place[tier[t]] = t
    # The committed numbers: rows "| tier | `kernel` | cases... |" under "## format".
    while ((getline line < old) > 0) {
        if (line ~ /^## /) family = substr(line, 4)
        if (line !~ /^\| [a-z0-9]+ \| `/) continue
        cells = split(line, cell, / *\| */)
        gsub(/`/, "", cell[3])
        if (family == "Not exact") { if (cell[4] != "") { was_inexact[cell[3]] = cell[4] " " cell[2]; was_bound[cell[3]] = cell[5] } ; continue }
        for (h = 1; h <= host_count; h++)
            if (cell[h + 3] ~ /^[0-9]+$/) was[family, cell[2], cell[3], hosts[h]] = cell[h + 3]
    }
}
$1 == "cases"   { now[$3, $4, $5, $2] = $6; ran[$2] = 1; if ($7 > ulp[$3, $4]) ulp[$3, $4] = $7; next }
$1 == "lacking" { lacking[$3, $4, $5, $2] = 1; next }
$1 == "inexact" { inexact[$5] = $3 " " $4; bound[$5] = substr($0, index($0, $5) + length($5) + 1); next }
END {
    for (h in ran) if (!index_of(hosts, host_count, h)) print "left out: " h ", which the table does not have" > "/dev/stderr"
    emulated = 0
    for (h = 1; h <= host_count; h++) {
        if (!(hosts[h] in ran)) print "taken over, did not run here: " hosts[h] > "/dev/stderr"
        else if (h > 1) emulated = 1
    }
    # What did not run or cannot run here is taken over.
    for (key in was) {
        split(key, part, SUBSEP)
        if (!(part[4] in ran) || key in lacking) {
            now[key] = was[key]
            if (part[4] in ran) print "taken over, cannot run here: " part[3] > "/dev/stderr"
        }
    }
    if (!emulated) for (k in was_inexact) { inexact[k] = was_inexact[k]; bound[k] = was_bound[k] }

    for (key in now) {
        split(key, part, SUBSEP)
        row = part[1] SUBSEP part[2]
        cases[row, part[4]] += now[key]; rows[row] = 1
        kernel = row SUBSEP part[3]
        total[kernel] += now[key]; all += now[key]
    }
    for (k in total) kernels++
    print "# Parity\n"
    print "Made by `build/parity-table.sh` of what the parity tests write; `build/test.sh parity` checks that it is what they give."
    print "Every case is a drawn multiplication (shape, values, bias, clamp, types of activations and results, threads; the seed is 1)"
    print "whose results have all bits of the C# reference, and whose packed weights have all of its bytes. " all " cases, " kernels " kernels."
    print "`-` where a processor has no such kernel.\n"
    printf "| format | tier |"
    for (h = 1; h <= host_count; h++) printf " %s |", short(hosts[h])
    print " max ULP |"
    printf "|---|---|"
    for (h = 1; h <= host_count; h++) printf "--:|"
    print "--:|"
    for (f = 1; f <= formats; f++) for (t = 1; t <= tiers; t++) {
        row = format[f] SUBSEP tier[t]
        if (!(row in rows)) continue
        printf "| %s | %s |", format[f], tier[t]
        for (h = 1; h <= host_count; h++) printf " %s |", (row, hosts[h]) in cases ? cases[row, hosts[h]] : "-"
        print " " ulp[row] + 0 " |"
    }
    print "\nProcessors:\n"
    for (h = 1; h <= host_count; h++) print "- " short(hosts[h]) (h > 1 && short(hosts[h]) != hosts[h] ? " (`" hosts[h] "`)" : "") ": " about[h]
    for (f = 1; f <= formats; f++) {
        print "\n## " format[f] "\n"
        printf "| tier | kernel |"
        for (h = 1; h <= host_count; h++) printf " %s |", short(hosts[h])
        printf "\n|---|---|"
        for (h = 1; h <= host_count; h++) printf "--:|"
        print ""
        count = 0
        for (k in total) { split(k, part, SUBSEP); if (part[1] == format[f]) sorted[++count] = sprintf("%02d", place[part[2]]) SUBSEP k }
        for (i = 2; i <= count; i++) for (j = i; j > 1 && sorted[j] < sorted[j - 1]; j--) { s = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = s }
        for (i = 1; i <= count; i++) {
            split(sorted[i], part, SUBSEP)
            printf "| %s | `%s` |", part[3], part[4]
            for (h = 1; h <= host_count; h++) printf " %s |", (part[2], part[3], part[4], hosts[h]) in now ? now[part[2], part[3], part[4], hosts[h]] : "-"
            print ""
        }
    }
    print "\n## Not exact\n"
    print "Kernels of KleidiAI that add in another order or in a narrower type. They run where they are forced only;"
    print "`native/tests/float_kernel_tests.cpp` checks the bounds.\n"
    print "| tier | kernel | format | bound |\n|---|---|---|---|"
    count = 0
    for (k in inexact) sorted[++count] = inexact[k] " " k
    for (i = 2; i <= count; i++) for (j = i; j > 1 && sorted[j] < sorted[j - 1]; j--) { s = sorted[j]; sorted[j] = sorted[j - 1]; sorted[j - 1] = s }
    for (i = 1; i <= count; i++) {
        split(sorted[i], part, " ")
        text = bound[part[3]]; gsub(/\|/, "\\&#124;", text)
        print "| " part[2] " | `" part[3] "` | " part[1] " | " text " |"
    }
}' >"$made"

if [[ ${2:-} == --check ]]; then
    diff -u "$table" "$made" || { echo "docs/parity.md is not what the parity tests give: build/parity-table.sh LOG makes it anew" >&2; exit 1; }
    echo "docs/parity.md is what the parity tests give"
else
    cp "$made" "$table"
fi
