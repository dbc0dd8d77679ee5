// What all parts of the page of the training share: settings, messages, and what the engine answers. All parts are one script.

const byId = (id) => document.getElementById(id);
const REACH = 2; // half the side of the plane, as in the engine
const SIDE = 50; // cells along a side of the plane
const FULL = 2; // the score that has the full colour
const FRAME = 14; // milliseconds of a frame that the page may use
const SLOW = 100; // milliseconds from one picture of lines, curve and numbers to the next while playing
const TOLD = 2000; // milliseconds from one spoken sentence to the next while playing
const MOST = 600; // points of the curve
const SETTINGS = ["data", "points", "noise", "held", "data_seed", "activation", "seed", "loss", "optimizer", "learning", "penalty", "batch"];
const OTHER = ["layers", "pace", "point"];
// Changing these does not begin again.
const TUNED = new Set(["loss", "optimizer", "learning", "penalty", "batch"]);
const BOUNDED = new Set(["tanh", "sigmoid"]);

let engine;
let shape; // the number of training points, and the sizes of the layers
let points = new Float64Array(0);
let moved = new Map(); // places of points that the reader has moved
let map, weights;
let progress; // how far the training is
let curve = [], spacing = 1; // points of the curve, and the least number of steps between them
let playing = false;
let colours;
let shown = new AbortController(); // ends the graph that is shown
let explained; // the point of that graph
const note = document.querySelector("main"); // what is there without a graph

const chosen = () => Math.min(Math.max(Math.round(Number(byId("point").value)) || 1, 1), points.length / 3) - 1;
const place = (width) => (x, y) => [((x / REACH + 1) / 2) * width, ((1 - y / REACH) / 2) * width];
const percent = (share) => `${(100 * share).toFixed(share === 1 ? 0 : 1)} %`;
const signed = (label) => (label > 0 ? "+1" : "−1");
// A number as the engine reads it; String loses the sign of −0.
const exact = (value) => (Object.is(value, -0) ? "-0" : String(value));
const sizeFields = () => [...byId("layer-sizes").querySelectorAll("input")];

// Words for a screen reader; the same words are not repeated.
let told = 0;
const tell = (words) => {
  told = performance.now();
  if (byId("told").textContent !== words) byId("told").textContent = words;
};

const problem = (words, field) => {
  byId("problem").textContent = words;
  byId("problem").hidden = words === "";
  const id = field === "rate" ? "learning" : field;
  for (const control of byId("choices").querySelectorAll("input, select")) {
    control.setAttribute("aria-invalid", control.id === id || (field === "hidden" && control.closest("#layer-sizes") !== null));
  }
};

const settings = () => {
  const value = (id) => byId(id).value, number = (id) => Number(value(id));
  return {
    data: value("data"), points: number("points"), noise: number("noise"), held: number("held"), data_seed: number("data_seed"),
    hidden: sizeFields().map((field) => Number(field.value)), activation: value("activation"), seed: number("seed"),
    loss: value("loss"), optimizer: value("optimizer"), rate: number("learning"), penalty: number("penalty"), batch: number("batch"),
  };
};

const pause = () => {
  playing = false;
  byId("train-play").textContent = "Play";
};

// Removes the graph of a point, when it is no longer that of the training.
const withdraw = () => {
  if (explained === undefined) return;
  explained = undefined;
  shown.abort();
  document.querySelector("main").replaceWith(note);
  byId("explained").textContent = "";
};

// After a stop there is no training until the next one begins.
const stopped = (error) => {
  pause();
  withdraw();
  engine.restart();
  shape = progress = undefined;
  points = new Float64Array(0);
  problem(`The engine stopped: ${error}. This is a defect; please report the settings. Reset begins again.`);
};

// Runs what calls the engine, and says so if the engine stops.
const attempt = (run) => {
  try {
    run();
  } catch (error) {
    stopped(error);
  }
};

// Asks with the settings; returns nothing if one is wrong, and says which.
const askWithSettings = (name) => {
  const empty = [...byId("choices").querySelectorAll("input")].find((field) => field.value === "");
  if (empty) {
    const words = empty.labels[0].textContent;
    problem(`${words}: must be a number`, empty.closest("#layer-sizes") ? "hidden" : empty.id);
    return undefined;
  }
  const answer = engine.ask(name, settings());
  return refused(answer) ? undefined : answer;
};

// Whether an answer of the engine is an error, which is then shown.
const refused = (answer) => {
  if (answer.stopped) stopped(answer.stopped);
  else if (answer.error?.field) {
    const id = answer.error.field === "rate" ? "learning" : answer.error.field;
    const name = id === "hidden" ? "Neurons" : document.querySelector(`label[for="${id}"]`)?.textContent ?? id;
    const kept = shape ? ". The network keeps the settings that it had" : "";
    problem(`${name}: ${answer.error.problem}${kept}.`, answer.error.field);
  } else if (answer.error) problem(String(answer.error));
  else problem("");
  return Boolean(answer.stopped || answer.error);
};
