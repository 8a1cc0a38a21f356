#!/usr/bin/env bash
# Fetches the ledger beside the clone, judges all of it, and writes an audit. Exits as `promptuary verify` does.
set -euo pipefail
cd "${DIRECTORY:-.}"
program=${PROGRAM:-promptuary}
options=(--all)
if [ "${LOCKED:-true}" = true ]; then options+=(--locked); fi
code=0
"$program" sync || code=$?
"$program" verify "${options[@]}" || code=$?
# The report says what is wrong where something is; its exit code is that of the verification.
"$program" audit --format markdown >>"${GITHUB_STEP_SUMMARY:-audit.md}" || true
exit "$code"
