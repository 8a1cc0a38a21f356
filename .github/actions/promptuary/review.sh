#!/usr/bin/env bash
# Judges what was pushed, or what a pull request would merge: annotations on standard output, the report in the job's summary,
# SARIF and the exit code for the steps that follow.
#
# A pull request is read as the commit that merging it would make, straight from git: nothing of it is checked out or run.
# That commit and its parents suffice, so a shallow checkout does; they are fetched where they are missing.
set -euo pipefail
: "${PROGRAM:?}" "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}" "${RUNNER_TEMP:?}"
directory=${DIRECTORY:-.}
# Where the prompts lie is the workflow's to say; an option it is not.
[ "${directory#-}" = "$directory" ] || { echo "::error::the directory starts with a dash"; exit 2; }
promptuary() { command "$PROGRAM" -C "$directory" "$@"; }

folder=$(mktemp -d "$RUNNER_TEMP/promptuary-report.XXXXXX")
subject=()
commit=$(git rev-parse HEAD)
ref=${GITHUB_REF:-}
report=

if [[ ${PULL_REQUEST:-} =~ ^[0-9]+$ ]]; then
  ref=refs/pull/$PULL_REQUEST/merge
  # On `pull_request` the runner says which merge it is about; on `pull_request_target` it names the base, so git is asked.
  wanted=$ref
  if [ "${GITHUB_EVENT_NAME:-}" = pull_request ]; then wanted=${GITHUB_SHA:?}; fi
  if ! { [ "$wanted" != "$ref" ] && git rev-parse --quiet --verify "$wanted^2^{commit}" >/dev/null; }; then
    if ! git fetch --quiet --no-tags --depth=2 origin "$wanted"; then
      echo "::error::could not fetch the merge of this pull request: check out with fetch-depth: 2, or resolve its conflicts"
      exit 4
    fi
    wanted=$(git rev-parse FETCH_HEAD)
  fi
  commit=$(git rev-parse "$wanted^{commit}")
  base=$(git rev-parse "$commit^1")
  # What the report recommends is typed in a clone, where the base has this name.
  named=origin/${GITHUB_BASE_REF:-}
  if [[ $named =~ ^origin/[A-Za-z0-9][A-Za-z0-9._/-]*$ ]]; then
    git rev-parse --quiet --verify "refs/remotes/$named" >/dev/null || git update-ref "refs/remotes/$named" "$base"
    if [ "$(git rev-parse "refs/remotes/$named")" = "$base" ]; then base=$named; fi
  fi
  subject=(--rev "$commit" --base "$base")
fi

if [ "${SYNC:-true}" = true ]; then
  if ! promptuary --quiet sync >"$folder/sync" 2>&1; then
    echo "::notice::the ledger could not be fetched, so released versions are not looked at"
  fi
fi

code=0
promptuary check "${subject[@]}" --format github || code=$?
promptuary --quiet check "${subject[@]}" --format sarif >"$folder/promptuary.sarif" 2>"$folder/said" || true

if [ ${#subject[@]} -gt 0 ]; then
  report=$folder/review.md
  code=0
  promptuary --quiet review "${subject[@]}" --format markdown >"$report" 2>"$folder/said" || code=$?
  if [ ! -s "$report" ]; then
    echo "::error::the pull request could not be reviewed (exit $code)"
    # What it says may quote the pull request: no line of it is a command to the runner.
    sed 's/::/: :/g; s/##\[/## [/g; s/^/  /' "$folder/said" >&2
    report=
  else
    cat "$report" >>"$GITHUB_STEP_SUMMARY"
  fi
fi

{
  echo "report=$report"
  echo "sarif=$folder/promptuary.sarif"
  echo "commit=$commit"
  echo "ref=$ref"
  echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"
