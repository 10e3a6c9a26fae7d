#!/bin/sh
# build_id.sh OUT TARGET FLAGS: writes the header that says which build this is; an unchanged one
# keeps its time stamp. Runs in the repository's root.
set -eu
out=$1 target=$2 flags=$3
revision=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
if [ "$revision" != unknown ] && [ -n "$(git --no-optional-locks status --porcelain 2>/dev/null)" ]; then
    sum=$( (git diff HEAD; git ls-files -o --exclude-standard | sort | xargs -r -d '\n' cat) | cksum)
    revision="$revision-dirty.$(printf '%08x' "${sum%% *}")"
fi
mkdir -p "$(dirname "$out")"
escaped=$(printf '%s' "$flags" | sed 's/[\\"]/\\&/g')
cat > "$out.new" <<EOF
#define TB_BUILD_VERSION "$(cat VERSION)"
#define TB_BUILD_REVISION "$revision"
#define TB_BUILD_TARGET "$target"
#define TB_BUILD_FLAGS "$escaped"
EOF
if cmp -s "$out.new" "$out"; then rm "$out.new"; else mv "$out.new" "$out"; fi
