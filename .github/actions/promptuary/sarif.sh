#!/usr/bin/env bash
# Uploads the findings to code scanning, where each stays on its line until it is mended.
set -euo pipefail
: "${TOKEN:?}" "${SARIF:?}" "${COMMIT:?}" "${REF:?}" "${GITHUB_API_URL:?}" "${GITHUB_REPOSITORY:?}"
for tool in curl jq gzip base64; do
  command -v "$tool" >/dev/null || { echo "::error::$tool is missing: install it on this runner"; exit 2; }
done
[ -s "$SARIF" ] || { echo "::notice::there are no findings to upload: check could not be run"; exit 0; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
gzip -c "$SARIF" | base64 | tr -d '\n' >"$folder/packed"
jq -n --arg commit "$COMMIT" --arg ref "$REF" --rawfile sarif "$folder/packed" \
  '{commit_sha: $commit, ref: $ref, sarif: $sarif, tool_name: "promptuary"}' >"$folder/body"
status=$(curl --silent --show-error --max-time 60 --output "$folder/answer" --write-out '%{http_code}' \
  --config <(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN") \
  --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
  --header 'Content-Type: application/json' --data-binary "@$folder/body" \
  "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/code-scanning/sarifs")
case $status in
  202) ;;
  401 | 403 | 404)
    echo "::notice::the findings were not uploaded ($status): switch code scanning on and give the job security-events: write"
    ;;
  *)
    echo "::error::the findings were not uploaded ($status)"
    exit 1
    ;;
esac
