#!/bin/sh
# Say what a long command does, and with a dot every few seconds that it is still at work.
#
# Usage: scripts/say.sh TEXT COMMAND... (what the command prints follows as it comes)
printf '%s ' "$1"
shift
(while sleep 3 >/dev/null && kill -0 "$$"; do printf '.'; done) 2>/dev/null &
dots=$!
trap 'kill "$dots" 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
"$@"
code=$?
if [ "$code" -eq 0 ]; then echo ' done'; else echo ' failed'; fi
exit "$code"
