#!/usr/bin/env bash
# Keeps one comment on a merge request: the one that our own token wrote with the report's marker, else a new one.
#
# The marker is the report's first line, an HTML comment. A comment of anybody else is left alone, whatever it starts with.
set -euo pipefail
: "${REPORT:?}" "${CI_API_V4_URL:?}" "${CI_PROJECT_ID:?}" "${CI_MERGE_REQUEST_IID:?}"
if [ -z "${PROMPTUARY_TOKEN:-}" ]; then
  echo "no comment: PROMPTUARY_TOKEN is not set, as in merge requests from forks; the report is an artifact" >&2
  exit 0
fi
for tool in curl jq; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: install it in this job's image" >&2; exit 2; }
done
IFS= read -r marker <"$REPORT" || true
[[ $marker =~ ^'<!-- '.+' -->'$ ]] || { echo "the report does not start with a marker" >&2; exit 2; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# method, address, [file with the body]: the answer goes to $folder/answer, its status to standard output.
ask() {
  # The token stays off the command line, where every process could read it.
  curl --silent --show-error --max-time 60 --request "$1" --output "$folder/answer" --write-out '%{http_code}' \
    --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "$PROMPTUARY_TOKEN") \
    ${3:+--header 'Content-Type: application/json' --data-binary "@$3"} "$2"
}
expect() { [ "$1" = "$2" ] || { echo "the comment could not be written ($2)" >&2; exit 1; }; }

expect 200 "$(ask GET "$CI_API_V4_URL/user")"
me=$(jq -r .id "$folder/answer")
notes=$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes
ours=
for ((page = 1; page <= 100; page++)); do
  expect 200 "$(ask GET "$notes?per_page=100&page=$page&sort=asc&order_by=created_at")"
  ours=$(jq -r --arg me "$me" --arg marker "$marker" \
    'first(.[] | select((.author.id | tostring) == $me and ((.body // "") | startswith($marker))) | .id) // empty' "$folder/answer")
  if [ -n "$ours" ] || [ "$(jq length "$folder/answer")" -lt 100 ]; then break; fi
done
jq -Rs '{body: .}' <"$REPORT" >"$folder/body"
if [ -n "$ours" ]; then
  expect 200 "$(ask PUT "$notes/$ours" "$folder/body")"
else
  expect 201 "$(ask POST "$notes" "$folder/body")"
fi
