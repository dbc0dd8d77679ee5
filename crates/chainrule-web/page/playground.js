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

  const problem = (words) => {
    byId("problem").textContent = words;
    byId("problem").hidden = words === "";
    field.setAttribute("aria-invalid", words !== "");
  };

  // The problem under the line that has it, and a word about the graph that is still shown.
  const described = ({ line, column, problem: words }) => {
    const text = field.value.split("\n")[line - 1] ?? "";
    const stale = byId("loading") ? "" : "\nThe graph below is that of the last formulas without an error.";
    return `Line ${line}, column ${column}: ${words}\n${text}\n${" ".repeat(column - 1)}^${stale}`;
  };

  const explain = (values) => {
    const texts = Object.fromEntries([...values].map(([name, value]) => [name, String(value)]));
    return engine.ask("explain", { text: field.value, values: texts });
  };

  const save = () => {
    const parts = new URLSearchParams({ f: field.value });
    for (const [name, value] of moved) parts.append("at", `${name}=${value}`);
    history.replaceState(null, "", `#${parts}`);
  };

  const draw = () => {
    const answer = explain(new Map());
    if (answer.stopped) {
      problem(`The engine stopped: ${answer.stopped}. This is a defect; please report the formula.`);
      return;
    }
    if (answer.error) {
      problem(described(answer.error));
      return;
    }
    problem("");
    // A value that was moved stays unless the text gives another one.
    const now = new Map(answer.inputs);
    for (const [name, value] of now) if (begins.has(name) && begins.get(name) !== value) moved.delete(name);
    begins = now;
    const { model } = answer;
    const names = model.nodes.flatMap(([, label, , , sources]) => (sources.length ? [] : [label]));
    const byName = (inputs) => new Map(names.map((name, place) => [name, inputs[place]]));
    const numbers = (list) => list.map(Number);
    shown.abort();
    shown = new AbortController();
    document.querySelector("main").replaceWith(byId("graph").content.cloneNode(true));
    showGraph({
      model,
      compute: (inputs) => {
        const { values, gradients, locals } = explain(byName(inputs)).model;
        return { values: numbers(values), gradients: numbers(gradients), locals: locals.map(numbers) };
      },
      chain: engine.chain,
      inputs: names.map((name) => moved.get(name) ?? Number(begins.get(name))),
      moved: (inputs) => {
        moved = byName(inputs);
        for (const [name, value] of moved) if (Object.is(value, Number(begins.get(name)))) moved.delete(name);
        save();
      },
    }, shown.signal);
    save();
  };

  const open = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    const pairs = parts.getAll("at").map((part) => part.split("="));
    moved = new Map(pairs.flatMap(([name, value]) => (value === undefined || value === "" ? [] : [[name, Number(value)]])));
    begins = new Map();
    field.value = parts.get("f") ?? EXAMPLES[0][1];
    grow();
  };

  const grow = () => { field.rows = Math.min(Math.max(field.value.split("\n").length, 3), 14); };

  for (const [name, text] of [["Choose one …", ""], ...EXAMPLES]) byId("examples").add(new Option(name, text));
  byId("examples").addEventListener("change", ({ target }) => {
    if (target.value === "") return;
    field.value = target.value;
    moved.clear();
    grow();
    draw();
  });
  byId("editor").addEventListener("submit", (event) => event.preventDefault());
  byId("share").addEventListener("click", async () => {
    save();
    // A page opened from a file may not write to the clipboard; the address has the link anyway.
    const words = await navigator.clipboard?.writeText(location.href).then(() => "Copied.", () => undefined);
    byId("shared").textContent = words ?? "The link is in the address bar.";
  });

  open();
  try {
    engine = await startEngine(byId("module").textContent);
  } catch (error) {
    document.querySelector("main").textContent = `The engine does not start in this browser: ${error}`;
    return;
  }
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
