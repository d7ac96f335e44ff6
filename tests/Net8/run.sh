#!/usr/bin/env bash
# Runs the C# tests on .NET 8, the oldest runtime that the packages are for. The SDK brings no such runtime, so that of a
# self-contained application is laid out beside the SDK's own. Usage: tests/Net8/run.sh [PROJECT...]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
projects=("$@")
((${#projects[@]})) || projects=(tests/KleidiSharp.Tests tests/KleidiSharp.Models.Tests tests/KleidiSharp.Extensions.AI.Tests)
out=$root/out/net8.0
case $(uname -m) in
    x86_64) rid=linux-x64 ;;
    aarch64) rid=linux-arm64 ;;
    *) echo "tests/Net8/run.sh: no runtime for $(uname -m)" >&2; exit 2 ;;
esac

mkdir -p "$out/application"
cat >"$out/application/application.csproj" <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net8.0</TargetFramework>
    <OutputType>Exe</OutputType>
  </PropertyGroup>
</Project>
PROJECT
echo 'return;' >"$out/application/Program.cs"
# Not the tree's own properties, which are for what is below it.
echo '<Project />' | tee "$out/application/Directory.Build.props" >"$out/application/Directory.Packages.props"
if ! packs=$(dotnet msbuild "$out/application" -restore -nologo -p:RuntimeIdentifier=$rid -p:SelfContained=true \
    -t:ResolveFrameworkReferences -getItem:ResolvedRuntimePack); then
    echo "$packs"
    grep -q 'error NU1101' <<<"$packs" || exit 1
    echo "the package sources of this machine have no .NET 8 runtime for $rid"
    echo "  Skipped: 1"
    exit 0
fi
pack=$(sed -n 's/.*"PackageDirectory": "\(.*\/microsoft\.netcore\.app\.runtime\.[^"]*\)".*/\1/p' <<<"$packs")

dotnet=$(readlink -f "$(command -v dotnet)")
runtime=$out/dotnet/shared/Microsoft.NETCore.App/$(basename "$pack")
rm -rf "$out/dotnet" && mkdir -p "$runtime"
cp "$dotnet" "$out/dotnet/"
ln -s "$(dirname "$dotnet")/host" "$out/dotnet/host"
cp "$pack/runtimes/$rid/lib/net8.0"/* "$pack/runtimes/$rid/native"/* "$runtime/"

status=0
for project in "${projects[@]}"; do
    dotnet test "$project" -c Release -nologo -p:TestFramework=net8.0 --artifacts-path "$out/artifacts" \
        --logger 'console;verbosity=minimal' -- RunConfiguration.DotNetHostPath="$out/dotnet/dotnet" || status=1
done
exit $status
