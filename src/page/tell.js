// Numbers and sentences. The sentences come from the engine; this script fills in their numbers.

// Whether a step with this pattern belongs to a gate: the first two patterns, start and copies, belong to values.
function ofGate(pattern) {
  return pattern > 1;
}

const [ROUTES, CLOSED] = ["routes", "closed"].map((word) => model.patterns.findIndex(([name]) => name === word));

// The pattern of a step in this state: a gate that routes is closed if it routes to none of its operands.
function patternNow(node, pattern, state) {
  const { sources } = graph.nodes[node];
  const shut = sources.every((source, k) => typeof source !== "number" || state.locals[node][k] === 0);
  return pattern === ROUTES && shut ? CLOSED : pattern;
}

// Why a closed gate is closed.
function reason(node, state) {
  const { sources } = graph.nodes[node];
  if (sources.length !== 1) {
    const taken = state.values[node];
    return taken === taken ? "the value it took is that of a constant" : "its value is not a number";
  }
  return state.values[sources[0]] < 0 ? "its input is negative" : "its input is 0";
}

// A positive number, changed so that it rounds to this many digits as in the engine: a half to the even digit, not up.
function evened(size, digits) {
  const [mantissa, exponent] = size.toExponential(60).split("e");
  const kept = mantissa.slice(0, digits + 1).replace(/\.$/, ""), rest = mantissa.slice(digits + 1).replace(/^\./, "");
  return /^50*$/.test(rest) && "02468".includes(kept[kept.length - 1]) ? Number(`${kept}e${exponent}`) : size;
}

// A number with at most this many significant digits, without trailing zeros.
function show(value, digits = model.digits) {
  if (value !== value) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "−" : "";
  const size = evened(Math.abs(value), digits);
  if (size === Infinity) return sign + "∞";
  if (size === 0) return sign + "0";
  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  const point = Number(exponent);
  if (point >= -4 && point < digits) return sign + trimmed(size.toFixed(digits - 1 - point));
  return `${sign}${trimmed(mantissa)}e${String(point).replace("-", "−")}`;
}

// A number as a reader types it, with the signs that the page shows; undefined for other text.
function read(text) {
  const plain = text.trim().replace("−", "-").replace("∞", "Infinity").replace(/\binf\b/i, "Infinity");
  const value = Number(plain);
  if (plain === "" || (value !== value && plain.toLowerCase() !== "nan")) return undefined;
  return value;
}

// Lists the first few of these and says how many more there are.
function listed(items, between, say) {
  const said = items.slice(0, 4).map(say);
  if (items.length > said.length) said.push(`… ${items.length - said.length} more`);
  return said.join(between);
}

// The sentence of a step in this state.
function tell(node, pattern, state) {
  const { label, symbol, sources } = graph.nodes[node];
  const upstream = show(state.gradients[node]);
  const uses = graph.uses[node];
  const term = ([user, k], i) => {
    const words = show(chain(state.gradients[user], state.locals[user][k]));
    return i > 0 && words.startsWith("−") ? `(${words})` : words;
  };
  const operands = [...sources.keys()].filter((k) => typeof sources[k] === "number");
  const branch = (k) => {
    const local = state.locals[node][k];
    return `${graph.nodes[sources[k]].label} gets ${upstream} × ${show(local)} = ${show(chain(state.gradients[node], local))}`;
  };
  const taken = state.locals[node].filter((local) => local !== 0).length;
  const words = {
    gate: label,
    op: symbol,
    upstream,
    count: String(uses.length),
    arrived: listed(uses, " + ", term),
    taken: taken > 1 ? `the ${taken} operands that tie, in equal shares` : "the operand whose value it took",
    reason: reason(node, state),
    branches: listed(operands, ", ", branch),
  };
  return model.patterns[pattern][1].replace(/\{(\w+)\}/g, (_, word) => words[word]);
}
