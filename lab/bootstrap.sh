#!/bin/sh
# Runs a script of this project after installing the dependencies, if they are missing or older than the lockfile.
# A fresh clone needs no other command first.
#
# Node.js: the version that the lockfile pins, on Linux x64 and arm64 with glibc. The machine's own Node.js then only
# has to be able to run npm. On every other machine its own Node.js runs the script, and must be new enough.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.esddns-lockfile
if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  echo "Installing npm dependencies …" >&2
  npm ci >&2
  cp package-lock.json "$stamp"
fi
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
if ! node_modules/.bin/node --version >/dev/null 2>&1; then
  # npm installs the packaged Node.js on Alpine Linux too, where it cannot start.
  rm -f node_modules/.bin/node
  version=$(node --version 2>/dev/null || echo none)
  major=${version#v}
  minor=${major#*.}
  major=${major%%.*}
  minor=${minor%%.*}
  # As "engines" in package.json.
  if [ "$version" = none ] || [ "$major" -lt 22 ] || { [ "$major" -eq 22 ] && [ "$minor" -lt 19 ]; }; then
    echo "Node.js 22.19 or newer is needed on $(uname -s) $(uname -m), and this machine has $version. Install it: https://nodejs.org" >&2
    exit 1
  fi
fi
exec node "$@"
