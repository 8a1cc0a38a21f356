#!/usr/bin/env bash
# Builds the program from this action's own commit, unless the cache has it.
set -euo pipefail
program=$("$GITHUB_ACTION_PATH/../../../.ci/program" "$RUNNER_TEMP/promptuary")
"$program" --version
echo "program=$program" >>"$GITHUB_OUTPUT"
