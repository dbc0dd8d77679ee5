// The state of the page, and its responses to the reader.

const byId = (id) => document.getElementById(id);

// The graph, with the data that the picture needs.
const graph = (() => {
  const nodes = model.nodes.map(([symbol, label, named, scope, sources, rule, short]) => ({
    symbol, label, named: named === 1, scope, sources, rule, short: short ?? label, operands: sources.filter((source) => typeof source === "number"),
  }));
  const scopes = model.scopes.map(([label, parent, made]) => ({ label, parent, made: made === 1, size: 0 }));
  const held = [[], ...scopes.map(() => [])];
  const entered = scopes.map(() => false);
  const uses = nodes.map(() => []);
  nodes.forEach((node, i) => {
    held[node.scope + 1].push({ node: i });
    for (let scope = node.scope; scope >= 0; scope = scopes[scope].parent) {
      scopes[scope].size++;
      if (!entered[scope]) held[scopes[scope].parent + 1].push({ scope });
      entered[scope] = true;
    }
  });
  for (let i = nodes.length - 1; i >= 0; i--) {
    nodes[i].sources.forEach((source, k) => typeof source === "number" && uses[source].push([i, k]));
  }
  // The step at which each gradient becomes known, and at which each gate works.
  const known = nodes.map(() => Infinity), works = nodes.map(() => Infinity);
  model.steps.forEach(([node, pattern], i) => {
    if (!ofGate(pattern)) {
      known[node] = i + 1;
      return;
    }
    works[node] = i + 1;
    nodes[node].pattern = pattern;
    for (const source of nodes[node].operands) if (uses[source].length === 1) known[source] = i + 1;
  });
  // The gates in the order of the forward pass, and the place of each in it, from 1.
  const gates = nodes.flatMap(({ sources }, i) => (sources.length ? [i] : []));
  const computed = nodes.map(() => 0);
  gates.forEach((node, i) => { computed[node] = i + 1; });
  return { nodes, scopes, held, uses, known, works, gates, computed, ...borders(nodes, scopes, nodes.length - 1) };
})();

const inputs = graph.nodes.flatMap((node, i) => (node.sources.length ? [] : [i]));
// Inputs that the reader cannot move, because they are constants to whoever made the graph.
const still = new Set(engine.still);
const recorded = () => ({
  inputs: inputs.map((node) => model.values[node]), values: model.values, locals: model.locals, gradients: model.gradients,
});
const stateAt = (values) => ({ inputs: values, ...compute(values) });
let state = engine.inputs ? stateAt(engine.inputs) : recorded();
// Steps of the backward pass count from 1. At 0 every value is known and no gradient; below 0 the forward pass is under way.
let step = 0;
const START = graph.gates.length ? -graph.gates.length - 1 : 0;
// The number of gates that have computed their value.
const forward = () => (step < 0 ? step - START : graph.gates.length);
const open = new Set(model.folded ? [] : graph.scopes.keys());
let drawn;
let zoom;

// Goes to a step and scrolls only the picture, so that the part at work is in its middle.
function go(to) {
  step = Math.min(Math.max(to, START), model.steps.length);
  centre(update());
}

// Scrolls the picture so that a part is in its middle.
function centre(part) {
  if (!part) return;
  const box = byId("picture");
  const [at, frame] = [part.getBoundingClientRect(), box.getBoundingClientRect()];
  box.scrollBy((at.left + at.right - frame.left - frame.right) / 2, (at.top + at.bottom - frame.top - frame.bottom) / 2);
}

// Goes on by itself, from the beginning if nothing is left, until the last step or the next click.
let playing;
function play() {
  if (playing) {
    clearInterval(playing);
    playing = undefined;
    update();
    return;
  }
  playing = setInterval(() => {
    if (step + 1 >= model.steps.length) play();
    go(step + 1);
  }, 1200);
  go(step === model.steps.length ? START : step + 1);
}

function redraw(focus) {
  drawn = drawPicture(byId("picture"), open, toggle, (node) => {
    go(graph.nodes[node].sources.length ? graph.works[node] : graph.known[node]);
  });
  // Letters have their full size at first. What does not fit is shown around the part at work, or around the output.
  scale(zoom ?? 1);
  const last = drawn.gates.get(graph.nodes.length - 1) ?? [...drawn.folded.values()].pop();
  centre(update() ?? last);
  if (focus !== undefined) drawn.svg.querySelector(`[data-scope="${focus}"]`)?.focus({ preventScroll: true });
}

function scale(by) {
  zoom = Math.min(Math.max(by, 0.2), 3);
  drawn.svg.setAttribute("width", drawn.size.width * zoom);
  drawn.svg.setAttribute("height", drawn.size.height * zoom);
  overview();
}

// The small map of a picture that is larger than its frame, with the frame on it.
function overview() {
  const box = byId("picture"), map = byId("map");
  const { width, height } = drawn.size;
  const whole = box.scrollWidth <= box.clientWidth + 1 && box.scrollHeight <= box.clientHeight + 1;
  map.toggleAttribute("hidden", whole);
  const share = Math.min(160 / width, 90 / height);
  map.setAttribute("width", width * share);
  map.setAttribute("height", height * share);
  map.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const view = { x: box.scrollLeft / zoom, y: box.scrollTop / zoom, width: box.clientWidth / zoom, height: box.clientHeight / zoom };
  for (const key of Object.keys(view)) byId("view").setAttribute(key, view[key]);
}

byId("picture").addEventListener("scroll", overview);
addEventListener("resize", overview, { signal });
byId("map").addEventListener("click", (event) => {
  const frame = byId("map").getBoundingClientRect(), box = byId("picture");
  const share = (drawn.size.width * zoom) / frame.width;
  box.scrollTo((event.clientX - frame.left) * share - box.clientWidth / 2, (event.clientY - frame.top) * share - box.clientHeight / 2);
});

function toggle(scope) {
  if (!open.delete(scope)) open.add(scope);
  redraw(scope);
}

// The folded groups that hide a node, from the outermost.
function foldedAround(node) {
  const found = [];
  for (let scope = node === undefined ? -1 : graph.nodes[node].scope; scope >= 0; scope = graph.scopes[scope].parent) {
    if (!open.has(scope)) found.unshift(scope);
  }
  return found;
}

function cells(row, kind, texts) {
  for (const text of texts) row.appendChild(document.createElement(kind)).textContent = text;
}

function note(words) {
  const made = document.createElement("p");
  made.className = "note";
  made.textContent = words;
  return made;
}

const ROWS = 50;

// The gradients along the first wires at a step, into the operands of a gate or back from the uses of a value, and the
// number of all these wires.
function flows(node, pattern) {
  if (pattern === undefined) return [[], 0];
  const along = (user, k) => {
    const upstream = state.gradients[user], local = state.locals[user][k];
    return [show(upstream), show(local), show(chain(upstream, local))];
  };
  if (!ofGate(pattern)) {
    const row = ([user, k]) => [`use in ${graph.nodes[user].label}`, show(state.values[user]), ...along(user, k)];
    return [graph.uses[node].slice(0, ROWS).map(row), graph.uses[node].length];
  }
  const { sources } = graph.nodes[node];
  const row = (source, k) => (typeof source === "number"
    ? [graph.nodes[source].label, show(state.values[source]), ...along(node, k)]
    : ["constant", show(source[0]), "", "", ""]);
  return [sources.slice(0, ROWS).map(row), sources.length];
}

function tabulate(node, pattern) {
  const [rows, count] = flows(node, pattern);
  if (rows.length === 0) {
    byId("table").replaceChildren(note(pattern === undefined ? "No gradient has flowed yet." : "The pass starts here."));
    return;
  }
  const table = document.createElement("table");
  const first = ofGate(pattern) ? "operand" : "copy";
  cells(table.createTHead().insertRow(), "th", [first, "value", "upstream", "× local", "= downstream"]);
  const body = table.createTBody();
  const told = new Set();
  rows.forEach((row, k) => {
    cells(body.insertRow(), "td", row);
    const [user, place] = ofGate(pattern) ? [node, k] : graph.uses[node][k];
    const words = typeof graph.nodes[user].sources[place] === "number" ? rule(user, place) : "";
    if (words === "" || told.has(words)) return;
    told.add(words);
    const line = body.insertRow();
    line.className = "rule";
    cells(line, "td", [words]);
    line.cells[0].colSpan = row.length;
  });
  byId("table").replaceChildren(table);
  if (count > rows.length) byId("table").append(note(`… ${count - rows.length} more`));
}

function update() {
  const { length } = model.steps;
  const done = forward(), computing = step < 0 ? graph.gates[done - 1] : undefined;
  const [node, usual] = model.steps[step - 1] ?? [];
  const pattern = node === undefined ? undefined : patternNow(node, usual, state);
  const place = updatePicture(drawn, state, step, done, computing);
  byId("count").textContent = step < 0 ? `Forward ${done} of ${graph.gates.length}` : `Step ${step} of ${length}`;
  byId("pattern").textContent = computing !== undefined ? "computes" : pattern === undefined ? "" : model.patterns[pattern][0];
  let sentence = "Forward pass: every gate has computed its value. Next sends the gradient back, gate by gate.";
  if (length === 0) sentence = `${show(model.constant)} is a constant: nothing was recorded through which a gradient could flow.`;
  if (step < 0) sentence = "Only the inputs have values yet. Next computes the values, gate by gate.";
  if (computing !== undefined) sentence = computes(computing, state);
  if (node !== undefined) sentence = tell(node, pattern, state);
  if (byId("sentence").textContent !== sentence) byId("sentence").textContent = sentence;
  // Not really disabled, since a disabled button would lose the focus while the reader uses it.
  for (const id of ["first", "back"]) byId(id).setAttribute("aria-disabled", step === START);
  for (const id of ["next", "last"]) byId(id).setAttribute("aria-disabled", step === length);
  byId("play").textContent = playing ? "Pause" : "Play";
  byId("play").hidden = length === 0 || quiz.on;
  byId("quiz").hidden = length === 0;
  tabulate(node, pattern);
  const closed = foldedAround(computing ?? node);
  byId("inside").hidden = closed.length === 0;
  if (closed.length) byId("inside").textContent = `Open ${shortened(graph.scopes[closed[0]].label, 24)}`;
  mapOut(drawn, place);
  const output = graph.nodes.length - 1;
  const gates = graph.gates.length;
  byId("picture").setAttribute("aria-label", output < 0 ? "Picture of a constant" : `Graph of ${gates} ${gates === 1 ? "gate" : "gates"
  } that computes ${graph.nodes[output].label} = ${show(state.values[output])}; arrow keys scroll it`);
  byId("output").textContent = output < 0 ? "" : `Output: ${graph.nodes[output].label} = ${show(state.values[output])}`;
  for (const control of controls) control.update();
  updateQuiz();
  return place;
}

// Shows another state of the graph, after the reader has moved its inputs.
function become(moved) {
  state = moved;
  update();
  engine.moved?.(state.inputs);
}

// A slider, a field and the gradient of each input.
const MOST = 300;
let heading = "";
const controls = inputs.slice(0, MOST).flatMap((node, place) => {
  if (still.has(node)) return [];
  // Names are often the same in every group, so the groups distinguish them.
  const groups = [];
  for (let { scope } = graph.nodes[node]; scope >= 0; scope = graph.scopes[scope].parent) {
    if (!graph.scopes[scope].made) groups.unshift(graph.scopes[scope].label);
  }
  const where = groups.join(" / ");
  if (where !== heading) byId("controls").append(note(where || "in no group"));
  heading = where;
  const row = byId("controls").appendChild(document.createElement("div"));
  row.className = "control";
  const { label, short } = graph.nodes[node];
  const start = model.values[node];
  const centre = Number.isFinite(start) ? start : 0;
  const reach = Math.min(Math.max(1, 2 * Math.abs(centre)), Number.MAX_VALUE / 2);
  const name = row.appendChild(document.createElement("label"));
  name.textContent = short;
  name.htmlFor = `field-${place}`;
  const slider = row.appendChild(document.createElement("input"));
  Object.assign(slider, { type: "range", min: -1000, max: 1000, step: 1, id: `slider-${place}` });
  slider.setAttribute("aria-label", `${[...groups, short].join(" / ")}, slider`);
  const field = row.appendChild(document.createElement("input"));
  Object.assign(field, { type: "text", inputMode: "text", id: `field-${place}`, autocomplete: "off", spellcheck: false });
  if (where) field.setAttribute("aria-label", [...groups, short].join(" / "));
  const gradient = row.appendChild(document.createElement("output"));
  gradient.htmlFor = `field-${place}`;
  const set = (value) => {
    const changed = [...state.inputs];
    changed[place] = value;
    become(stateAt(changed));
  };
  slider.addEventListener("input", () => set(centre + (Number(slider.value) / 1000) * reach));
  field.addEventListener("input", () => {
    const value = read(field.value);
    field.setAttribute("aria-invalid", value === undefined);
    if (value !== undefined) set(value);
  });
  field.addEventListener("change", () => control.update(true));
  const control = {
    update(settled) {
      const value = state.inputs[place];
      const at = Math.min(Math.max(((value - centre) / reach) * 1000, -1000), 1000);
      if (document.activeElement !== slider) slider.value = Number.isFinite(at) ? at : 0;
      slider.setAttribute("aria-valuetext", show(value));
      if (document.activeElement !== field || settled) {
        field.value = show(value, 6);
        field.setAttribute("aria-invalid", false);
      }
      gradient.textContent = graph.known[node] <= step ? `gradient ${show(state.gradients[node])}` : "";
    },
  };
  return [control];
});
if (inputs.length > MOST) {
  byId("controls").append(note(`The first ${MOST} of ${inputs.length} inputs can be moved.`));
}
byId("inputs").hidden = controls.length === 0;

byId("first").addEventListener("click", () => go(START));
byId("play").addEventListener("click", play);
byId("back").addEventListener("click", () => go(step - 1));
byId("next").addEventListener("click", () => go(step + 1));
byId("last").addEventListener("click", () => go(model.steps.length));
byId("reset").addEventListener("click", () => become(recorded()));
// Moves every input against its gradient. An input without a finite gradient stays.
byId("downhill").addEventListener("click", () => {
  const rate = read(byId("rate").value);
  byId("rate").setAttribute("aria-invalid", rate === undefined);
  if (rate === undefined) return;
  become(stateAt(inputs.map((node, place) => {
    const slope = state.gradients[node];
    return Number.isFinite(slope) && !still.has(node) ? state.inputs[place] - rate * slope : state.inputs[place];
  })));
});
// Opens every group around the gate at work, so that its own numbers can be seen.
byId("inside").addEventListener("click", () => {
  const [node] = step < 0 ? [graph.gates[forward() - 1]] : model.steps[step - 1];
  for (const scope of foldedAround(node)) open.add(scope);
  redraw();
  byId("next").focus({ preventScroll: true });
});
byId("unfold").addEventListener("click", () => {
  graph.scopes.forEach((_, scope) => open.add(scope));
  redraw();
});
byId("fold").addEventListener("click", () => {
  open.clear();
  redraw();
});
byId("fold").hidden = graph.scopes.length === 0;
// A browser would take minutes to draw more.
byId("unfold").hidden = graph.scopes.length === 0 || graph.nodes.length > 6000;
byId("smaller").addEventListener("click", () => scale(zoom / 1.25));
byId("larger").addEventListener("click", () => scale(zoom * 1.25));
byId("fit").addEventListener("click", () => scale((byId("picture").clientWidth - 2) / drawn.size.width));

document.addEventListener("keydown", (event) => {
  // Arrows within the picture, or within a table that is too wide, scroll it.
  const table = byId("table");
  const scrolled = table.scrollWidth > table.clientWidth ? [byId("picture"), table] : [byId("picture")];
  const elsewhere = event.target.closest?.("input, textarea, select") || scrolled.some((part) => part.contains(event.target));
  if (elsewhere || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const to = { ArrowRight: step + 1, ArrowLeft: step - 1, Home: START, End: model.steps.length }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  go(to);
}, { signal });
signal.addEventListener("abort", () => clearInterval(playing));

