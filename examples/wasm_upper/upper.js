// A node in JavaScript: texts in capital letters, counted. See build.sh, and `schemas/node.wit` for what a node exports.

const TEXT = 4;
let count = 0;

const failure = (kind, message, code = "") => ({ kind, message, trace: "", code, hint: "" });

export const processor = {
  init(_config) {},

  process(packet) {
    const [port, stream, seq, pts, duration, kind, head, meta, session, data] = packet;
    if (kind !== TEXT) throw failure("TypeError", "expected a text", "RM606");
    count += 1;
    return [[[port, stream, seq, pts, duration, kind, `${count}: ${head.toUpperCase()}`, meta, session, data]], false];
  },

  pull: (_max) => [[], false],
  flush: () => [[], false],
  snapshot: () => new TextEncoder().encode(String(count)),

  restore(state) {
    count = Number(new TextDecoder().decode(state));
  },

  setParam(name, _value) {
    throw failure("KeyError", `expected no parameter, got \`${name}\``, "RM619");
  },

  close() {},
};
