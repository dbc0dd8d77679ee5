// The playground: reads formulas, lets the engine explain them, and keeps them in the address.

const EXAMPLES = [
  ["The lecture's product", "x = -2; y = 5; z = -4\nq = x + y\nf = q * z"],
  ["The lecture's neuron", "w0 = 2; x0 = -1; w1 = -3; x1 = -2; w2 = -3\nscore = w0*x0 + w1*x1 + w2\nf = 1 / (1 + exp(-score))"],
  ["The same neuron in one gate", "w0 = 2; x0 = -1; w1 = -3; x1 = -2; w2 = -3\nf = sigmoid(w0*x0 + w1*x1 + w2)"],
  ["One value used twice", "x = 3\nf = x * x + x"],
  ["max and ReLU", "x = 1.5; y = -0.5; z = 2\nf = relu(x * y) + max(x, z)"],
  ["A choice", "x = -1.5\nf = select(x < 0, -2*x, x^2)"],
  ["The softmax loss of three scores", "right = 1; second = 2; third = -0.5\nloss = log_sum_exp(right, second, third) - right"],
  ["Two layers", "x = 0.5; y = -1\nh1 = tanh(0.7*x + w*y)\nh2 = tanh(v*x - 0.4*y)\nscore = 1.1*h1 - 0.8*h2\nloss = (score - 1)^2"],
  ["A valley to walk down", "x = -1; y = 1\nf = (1 - x)^2 + 5*(y - x^2)^2"],
];
const WAIT = 250; // milliseconds from the last letter to the new graph

(async () => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  offerThemes(byId("theme"));
  const field = byId("formulas");

  // The values that the reader has moved, by name, and those that the text gave when they were moved.
  let moved = new Map();
  let begins = new Map();
  let shown = new AbortController();
  let engine;

  // What is wrong, under it the line with a mark, and a word about the graph that is still shown.
  const problem = (words, line = "") => {
    byId("what").textContent = words;
    byId("where").textContent = line;
    byId("where").hidden = line === "";
    byId("stale").textContent = words === "" || byId("loading") ? "" : "The graph below is that of the last formulas without an error.";
    byId("problem").hidden = words === "";
    field.setAttribute("aria-invalid", words !== "");
  };

  const marked = (line, column) => (line === "" ? "" : `${line}\n${" ".repeat(column - 1)}^`);

  // Numbers as the engine writes them, and as it reads them.
  const number = (text) => Number(text.replace("inf", "Infinity"));
  const written = (value) => (Object.is(value, -0) ? "-0" : String(value));

  const explain = (text, values) => {
    const texts = Object.fromEntries([...values].map(([name, value]) => [name, written(value)]));
    return engine.ask("explain", { text, values: texts });
  };

  const save = () => {
    const parts = new URLSearchParams({ f: field.value });
    for (const [name, value] of moved) parts.append("at", `${name}=${written(value)}`);
    history.replaceState(null, "", `#${parts}`);
  };

  // Browsers refuse addresses that change many times a second.
  let saving;
  const saveSoon = () => {
    clearTimeout(saving);
    saving = setTimeout(save, WAIT);
  };

  const draw = () => {
    const text = field.value;
    const answer = explain(text, new Map());
    if (answer.stopped) {
      problem(`The engine stopped: ${answer.stopped}. This is a defect; please report the formula.`);
      return;
    }
    if (answer.error) {
      const { line, column, problem: words } = answer.error;
      problem(`Line ${line}, column ${column}: ${words}`, marked(text.split("\n")[line - 1] ?? "", column));
      return;
    }
    problem("");
    // A value that was moved stays unless the text gives another one.
    const given = new Map(answer.inputs);
    for (const [name, value] of given) if (begins.has(name) && begins.get(name) !== value) moved.delete(name);
    begins = given;
    const { model } = answer;
    // Inputs of the graph are those of the text, and numbers that a function takes as operands, which stay as they are.
    const inputs = model.nodes.flatMap(([, label, , , sources], node) => (sources.length ? [] : [{ node, label }]));
    const still = inputs.filter(({ label }) => !begins.has(label)).map(({ node }) => node);
    const byName = (values) => new Map(inputs.flatMap(({ label }, place) => (begins.has(label) ? [[label, values[place]]] : [])));
    const numbers = (list) => list.map(Number);
    shown.abort();
    shown = new AbortController();
    document.querySelector("main").replaceWith(byId("graph").content.cloneNode(true));
    showGraph({
      model,
      compute: (now) => {
        const { values, gradients, locals } = explain(text, byName(now)).model;
        return { values: numbers(values), gradients: numbers(gradients), locals: locals.map(numbers) };
      },
      chain: engine.chain,
      inputs: inputs.map(({ node, label }) => (begins.has(label) ? moved.get(label) ?? number(begins.get(label)) : Number(model.values[node]))),
      still,
      moved: (now) => {
        moved = byName(now);
        for (const [name, value] of moved) if (Object.is(value, number(begins.get(name)))) moved.delete(name);
        saveSoon();
      },
    }, shown.signal);
    saveSoon();
  };

  const open = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    const pairs = parts.getAll("at").map((part) => part.split("="));
    const valid = (value) => value === "NaN" || (value !== undefined && value !== "" && !Number.isNaN(Number(value)));
    moved = new Map(pairs.flatMap(([name, value]) => (valid(value) ? [[name, Number(value)]] : [])));
    begins = new Map();
    field.value = parts.get("f") ?? EXAMPLES[0][1];
    grow();
  };

  const grow = () => { field.rows = Math.min(Math.max(field.value.split("\n").length, 3), 14); };

  for (const [name, text] of [["Choose one …", ""], ...EXAMPLES]) byId("examples").add(new Option(name, text));
  byId("examples").addEventListener("change", ({ target }) => {
    if (target.value === "") return;
    field.value = target.value;
    target.selectedIndex = 0;
    moved.clear();
    grow();
    draw();
  });
  byId("editor").addEventListener("submit", (event) => event.preventDefault());
  offerLink(byId("share"), byId("shared"), byId("link"), save);

  open();
  try {
    engine = await startEngine(byId("module").textContent);
  } catch (error) {
    document.querySelector("main").textContent = `The engine does not start in this browser: ${error}`;
    return;
  }
  byId("loading").firstElementChild.textContent = "The graph appears here as soon as the formulas have no error.";
  for (const { name, rule } of engine.ask("functions", null)) {
    const item = byId("functions").appendChild(document.createElement("li"));
    item.appendChild(document.createElement("code")).textContent = name;
    if (rule) item.append(`: ${rule}`);
  }
  let waiting;
  field.addEventListener("input", () => {
    grow();
    clearTimeout(waiting);
    waiting = setTimeout(draw, WAIT);
  });
  addEventListener("hashchange", () => {
    open();
    draw();
  });
  draw();
})();
