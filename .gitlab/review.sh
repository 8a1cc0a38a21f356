#!/usr/bin/env bash
# Judges what was pushed, or what a merge request changes, into promptuary-report/: code quality, JUnit and, for a merge
# request, the report, which is also kept as one comment where PROMPTUARY_TOKEN may write it.
set -euo pipefail
: "${PROGRAM:?}"
directory=${PROMPTUARY_DIRECTORY:-.}
[ "${directory#-}" = "$directory" ] || { echo "the directory starts with a dash" >&2; exit 2; }
promptuary() { command "$PROGRAM" -C "$directory" "$@"; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# What is judged may hold links where results are to lie: they are written elsewhere and copied at the end.
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
subject=()
base=${CI_MERGE_REQUEST_DIFF_BASE_SHA:-}

if [ -n "$base" ]; then
  [[ $base =~ ^[0-9a-f]{40}$ ]] || { echo "the merge request's base is no commit" >&2; exit 2; }
  # The runner's clone is shallow: both sides and the history between them are fetched, step by step.
  deepen=50
  while ! git merge-base "$base" HEAD >/dev/null 2>&1; do
    if [ "$deepen" -gt 5000 ]; then
      git fetch --quiet --no-tags --unshallow origin || true
      git merge-base "$base" HEAD >/dev/null || { echo "could not reach the base: set GIT_DEPTH: 0 in this job" >&2; exit 8; }
      break
    fi
    git fetch --quiet --no-tags --deepen="$deepen" origin HEAD "$base" || {
      echo "could not fetch the history of the merge request: set GIT_DEPTH: 0 in this job" >&2
      exit 4
    }
    deepen=$((deepen * 4))
  done
  subject=(--base "$base")
fi

promptuary --quiet sync >/dev/null 2>&1 || echo "the ledger could not be fetched, so released versions are not looked at" >&2

code=0
promptuary --quiet check "${subject[@]}" || code=$?
promptuary --quiet check "${subject[@]}" --format gitlab >"$made/code-quality.json" || true
promptuary --quiet check "${subject[@]}" --format junit >"$made/junit.xml" || true

if [ -n "$base" ]; then
  code=0
  promptuary --quiet review "${subject[@]}" --format markdown >"$made/review.md" || code=$?
  if [ -s "$made/review.md" ]; then
    # The verdict is the exit code; that the comment could not be written is one where nothing else is wrong.
    REPORT="$made/review.md" bash "$here/note.sh" || { noted=$?; [ "$code" -ne 0 ] || code=$noted; }
  fi
fi
rm -rf promptuary-report
cp -R "$made" promptuary-report
exit "$code"
