#!/usr/bin/env bash
# Keeps one comment on a pull request: the one that our own account wrote with the report's marker, else a new one.
#
# The marker is the report's first line, an HTML comment. A comment of anybody else is left alone, whatever it starts with.
set -euo pipefail
: "${TOKEN:?}" "${REPORT:?}" "${GITHUB_API_URL:?}" "${GITHUB_REPOSITORY:?}"
author=${AUTHOR:-github-actions[bot]}
[[ ${PULL_REQUEST:-} =~ ^[0-9]+$ ]] || { echo "::error::there is no pull request to comment on"; exit 2; }
for tool in curl jq; do
  command -v "$tool" >/dev/null || { echo "::error::$tool is missing: install it on this runner"; exit 2; }
done

IFS= read -r marker <"$REPORT" || true
[[ $marker =~ ^'<!-- '.+' -->'$ ]] || { echo "::error::the report does not start with a marker"; exit 2; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# method, address, [file with the body]: the answer goes to $folder/answer, its status to standard output.
ask() {
  # The token stays off the command line, where every process could read it.
  curl --silent --show-error --max-time 60 --request "$1" --output "$folder/answer" --write-out '%{http_code}' \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN") \
    --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
    ${3:+--header 'Content-Type: application/json' --data-binary "@$3"} "$2"
}

# Forks get a token that may only read: the summary has the report then, and that is not a failure.
refused() {
  case $1 in
    401 | 403 | 404)
      echo "::notice::the comment could not be written ($1): give the job pull-requests: write; the report is in the job's summary"
      exit 0
      ;;
    *)
      echo "::error::the comment could not be written ($1)"
      exit 1
      ;;
  esac
}

comments=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments
ours=
for ((page = 1; page <= 100; page++)); do
  status=$(ask GET "$comments?per_page=100&page=$page")
  [ "$status" = 200 ] || refused "$status"
  ours=$(jq -r --arg author "$author" --arg marker "$marker" \
    'first(.[] | select(.user.login == $author and ((.body // "") | startswith($marker))) | .id) // empty' "$folder/answer")
  if [ -n "$ours" ] || [ "$(jq length "$folder/answer")" -lt 100 ]; then break; fi
done

# GitHub takes 65,536 characters; the review stays below, and what would not is cut rather than refused.
jq -Rs '{body: .[:65000]}' <"$REPORT" >"$folder/body"
if [ -n "$ours" ]; then
  status=$(ask PATCH "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/comments/$ours" "$folder/body")
  [ "$status" = 200 ] || refused "$status"
else
  status=$(ask POST "$comments" "$folder/body")
  [ "$status" = 201 ] || refused "$status"
fi
