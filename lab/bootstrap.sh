#!/bin/sh
# Runs a script of this project on the Node version that the lockfile pins, after installing the dependencies when
# they are missing or older than the lockfile. A fresh clone needs no other command first: the machine's own Node
# only has to be able to run npm.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.esddns-lockfile
if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  echo "Installing npm dependencies …" >&2
  npm ci --loglevel=error >&2
  cp package-lock.json "$stamp"
fi
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
exec node "$@"
