#!/bin/sh
# Print the first Python on the PATH that is 3.11 or newer.
for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
  if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    command -v "$name"
    exit 0
  fi
done
echo "No Python 3.11 or newer was found. Nothing was set up; install one, or run: make PYTHON=/path/to/python3" >&2
exit 1
