#!/usr/bin/env bash
# Names the program by its source: whoever pins a commit of this action has pinned what is built.
set -euo pipefail
cd "$GITHUB_ACTION_PATH/../../.."
digest=$(find Cargo.toml Cargo.lock .ci/program crates -type f -print0 | LC_ALL=C sort -z | xargs -0 cat |
  { sha256sum 2>/dev/null || shasum -a 256; } | cut -d ' ' -f 1)
echo "digest=$digest" >>"$GITHUB_OUTPUT"
