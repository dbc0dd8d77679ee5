// The picture: the layout as SVG, and its changes from step to step.

const SVG = "http://www.w3.org/2000/svg";

function element(parent, name, attributes = {}, text) {
  const made = document.createElementNS(SVG, name);
  for (const key of Object.keys(attributes)) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function write(text, words) {
  if (text.textContent !== words) text.textContent = words;
}

function shortened(label, most) {
  const letters = [...label];
  return letters.length > most ? letters.slice(0, most - 1).join("") + "…" : label;
}

// Draws the graph with these scopes open; `toggle` opens or folds one, `visit` goes to a node's step.
function drawPicture(box, open, toggle, visit) {
  const world = { ...graph, open };
  const layout = layOut(-1, world);
  const margin = 16;
  const size = { width: layout.width + 2 * margin, height: layout.height + 2 * margin };
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  const drawn = { svg, size, values: new Map(), gradients: new Map(), locals: new Map(), patterns: new Map(), gates: new Map(), folded: new Map(), wires: [] };

  // The label of a wire: the value above it, the gradient below.
  const label = (parent, node, x, y) => {
    const { named, short, sources } = graph.nodes[node];
    drawn.wires.push([element(parent, "path", { class: "wire", d: `M${x},${y} h${CELL.wire}` }), new Set([node]), null]);
    const middle = x + CELL.wire / 2;
    if (named && sources.length) element(parent, "text", { class: "name", x: middle, y: y - 21 }, shortened(short, Math.floor(CELL.wire / 8.5)));
    drawn.values.set(node, element(parent, "text", { class: "value", x: middle, y: y - 6 }));
    drawn.gradients.set(node, element(parent, "text", { class: "gradient", x: middle, y: y + 16 }));
  };

  const input = (parent, part) => {
    const { label: name, short, named } = graph.nodes[part.node];
    element(parent, "text", { class: named ? "name end" : "number end", x: part.name - 8, y: 26 }, shortened(short, 16));
    element(parent, "title", {}, name);
    label(parent, part.node, part.name, 22);
  };

  const gate = (parent, part) => {
    const { symbol, sources, pattern, label: name } = graph.nodes[part.node];
    const middle = part.lead + CELL.bend + part.circle;
    const rules = new Set(sources.flatMap((source, k) => (typeof source === "number" ? [rule(part.node, k)] : [])));
    element(parent, "title", {}, [`${symbol} makes ${name}`, ...rules].join("\n"));
    const locals = [];
    if (part.side.bundled) {
      element(parent, "path", { class: "wire lane bundle", d: `M0,${part.y} H${middle - part.circle}` });
    }
    (part.side.bundled ? [] : sources).forEach((source, k) => {
      const y = part.y - part.side.height / 2 + part.side.at(k);
      const angle = Math.min(1, Math.max(-1, (y - part.y) / 40)) * 0.9;
      const [x, end] = [middle - part.circle * Math.cos(angle), part.y + CELL.radius * Math.sin(angle)];
      element(parent, "path", {
        class: "wire lane",
        d: `M${typeof source === "number" ? 0 : part.lead - 10},${y} H${part.lead} C${part.lead + 16},${y} ${x - 14},${end} ${x},${end}`,
      });
      if (typeof source !== "number") {
        const words = show(source[0]);
        const width = Math.min(part.lead - 8, 14 + 7 * words.length);
        if (part.side.thin) return;
        element(parent, "rect", { class: "constant", x: part.lead - 8 - width, y: y - 10, width, height: 20, rx: 5 });
        element(parent, "text", { class: "value small", x: part.lead - 8 - width / 2, y: y + 4 }, words);
      } else if (!part.side.thin) {
        locals[k] = element(parent, "text", { class: "local", x: part.lead / 2, y: y - 5 });
      }
    });
    drawn.locals.set(part.node, locals);
    const { circle } = part;
    element(parent, "rect", {
      class: "gate", x: middle - circle, y: part.y - CELL.radius, width: 2 * circle, height: 2 * CELL.radius, rx: CELL.radius,
    });
    element(parent, "text", { class: symbol.length > 2 ? "symbol small" : "symbol", x: middle, y: part.y + 6 }, symbol);
    const low = Math.max(part.side.height / 2 - part.side.at(0) + 6, CELL.radius) + 14;
    drawn.patterns.set(part.node, [element(parent, "text", { class: "pattern", x: middle, y: part.y + low }), pattern]);
    label(parent, part.node, middle + circle, part.y);
  };

  // The head of a group is a button that folds or unfolds it.
  const head = (parent, scope, width, expanded) => {
    const { label: name, size: count } = graph.scopes[scope];
    const words = `${expanded ? "▾" : "▸"} ${shortened(name, Math.max(8, Math.floor(width / 9) - 3))}`;
    const button = element(parent, "g", {
      class: "head", role: "button", tabindex: 0, "aria-expanded": expanded, "data-scope": scope,
      "aria-label": `${name}, ${count} ${count === 1 ? "node" : "nodes"}`,
    });
    element(button, "title", {}, name);
    element(button, "rect", { x: 4, y: 4, width: width - 8, height: 24, rx: 5 });
    element(button, "text", { x: 12, y: 20 }, words);
    button.addEventListener("click", () => toggle(scope));
    button.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      toggle(scope);
    });
  };

  const group = (parent, part) => {
    element(parent, "rect", { class: "box", width: part.box, height: part.height, rx: 8 });
    head(parent, part.scope, part.box, false);
    const { size: count } = graph.scopes[part.scope];
    element(parent, "text", { class: "number", x: part.box / 2, y: part.height - 10 }, `${count} ${count === 1 ? "node" : "nodes"}`);
    drawn.folded.set(part.scope, parent);
    if (part.bundled) return;
    for (const [node, y] of part.outs) label(parent, node, part.box, y);
  };

  const opened = (parent, part) => {
    element(parent, "rect", { class: "box", width: part.width, height: part.height, rx: 8 });
    const across = (ports, from, to) => {
      const heights = new Map();
      for (const [source, y] of ports) enlist(heights, y, source);
      for (const [y, sources] of heights) {
        drawn.wires.push([element(parent, "path", { class: "wire", d: `M${from},${y} H${to}` }), new Set(sources), null]);
      }
    };
    across(part.ins.map(({ source, y }) => [source, y]), 0, part.pad);
    across(part.outs, part.width - part.pad, part.width);
    fill(element(parent, "g", { transform: `translate(${part.pad},${part.head})` }), part.inner);
    head(parent, part.scope, part.width, true);
  };

  const fill = (parent, inner) => {
    for (const { path, sources, part } of inner.wires) {
      const wire = element(parent, "path", { class: sources.size > 1 ? "wire bundle" : "wire", d: path });
      if (sources.size > 1) element(wire, "title", {}, `${sources.size} values`);
      drawn.wires.push([wire, sources, part && part.node]);
    }
    for (const part of inner.parts) {
      const place = element(parent, "g", { transform: `translate(${part.x},${part.top})` });
      if (part.inner) {
        opened(place, part);
      } else if (part.scope !== undefined) {
        group(place, part);
      } else {
        place.setAttribute("class", "cell");
        // The sentence and the table say the same.
        place.setAttribute("aria-hidden", true);
        place.dataset.node = part.node;
        drawn.gates.set(part.node, place);
        place.addEventListener("click", () => visit(part.node));
        (graph.nodes[part.node].sources.length ? gate : input)(place, part);
      }
    }
  };
  fill(element(svg, "g", { transform: `translate(${margin},${margin})` }), layout);
  box.replaceChildren(svg);
  return drawn;
}

// Writes the numbers that are known at a step and marks the part at work.
function updatePicture(drawn, state, step, done, computing) {
  for (const [node, text] of drawn.values) {
    write(text, graph.computed[node] <= done ? show(state.values[node]) : "");
  }
  for (const [node, text] of drawn.gradients) {
    write(text, graph.known[node] <= step ? show(state.gradients[node]) : "");
  }
  for (const [node, locals] of drawn.locals) {
    locals.forEach((text, k) => write(text, graph.works[node] <= step ? `×${show(state.locals[node][k])}` : ""));
  }
  for (const [node, [text, pattern]] of drawn.patterns) {
    const [words] = model.patterns[patternNow(node, pattern, state)];
    write(text, words);
  }
  const [node, pattern] = computing === undefined ? model.steps[step - 1] ?? [] : [computing, ROUTES];
  let place = drawn.gates.get(node);
  for (let scope = node === undefined ? -1 : graph.nodes[node].scope; scope >= 0; scope = graph.scopes[scope].parent) {
    place = drawn.folded.get(scope) ?? place;
  }
  for (const other of [...drawn.gates.values(), ...drawn.folded.values()]) other.classList.toggle("now", other === place);
  const gate = ofGate(pattern);
  const size = (source) => (graph.known[source] <= step ? Math.abs(state.gradients[source]) : NaN);
  const sizes = [...state.gradients.keys()].map(size).filter(Number.isFinite);
  const most = largest(sizes, 0);
  for (const [wire, sources, part] of drawn.wires) {
    wire.classList.toggle("flow", node !== undefined && (gate ? part === node : sources.has(node)));
    // The wider, the larger the gradient, from the moment when it is known.
    const here = largest([...sources].map(size).filter((number) => number === number), -1);
    wire.style.strokeWidth = here < 0 || most === 0 ? "" : 1 + 4.5 * Math.sqrt(Math.min(here / most, 1));
  }
  return place;
}

// Draws the parts of the picture on the small map, the part at work in its colour.
function mapOut(drawn, place) {
  const map = byId("parts");
  if (drawn.mapped !== true) {
    map.replaceChildren();
    drawn.marks = new Map();
    const matrix = drawn.svg.getScreenCTM()?.inverse();
    for (const part of [...drawn.gates.values(), ...drawn.folded.values()]) {
      const { left, top, width, height } = (part.querySelector(".gate, .box") ?? part).getBoundingClientRect();
      const { x, y } = new DOMPoint(left, top).matrixTransform(matrix);
      const { a } = matrix;
      drawn.marks.set(part, element(map, "rect", { x, y, width: width * a, height: height * a }));
    }
    drawn.mapped = true;
  }
  for (const [part, mark] of drawn.marks) mark.classList.toggle("here", part === place);
}
