#!/bin/sh
# Makes upper.wasm of upper.js: about 12 MB, since a JavaScript engine comes with it. Needed: componentize-js
# (`npm install @bytecodealliance/componentize-js`).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec node "$here/build.mjs" "$here/upper.js" "${NODE_WIT:-$here/../../schemas/node.wit}" "${1:-$here/upper.wasm}"
