#!/usr/bin/env bash
# `npm run image`: builds the image of the tool from what `npm pack` would publish.
set -euo pipefail
cd "$(dirname "$0")/.."

stage=dist/image
rm -rf "$stage"
mkdir -p "$stage"
archive=$(npm pack --silent --pack-destination "$stage")
npm install --silent --no-audit --no-fund --omit=dev --prefix "$stage" "$stage/$archive"
rm "$stage/$archive"
docker build --quiet --tag "${1:-touchstone}" .
rm -rf "$stage"
