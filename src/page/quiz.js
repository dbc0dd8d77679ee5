// The quiz: it hides the next red number, asks for it, checks the answer and explains it.

const STORE = "chainrule quiz"; // where the browser keeps the count of answers
const NEAR = 0.01; // how far an answer may be from the number, relative to it

// Answers on this device: how many numbers were asked for, and how many were right at the first try.
let score;
function keptScore() {
  try {
    const { asked, right } = JSON.parse(localStorage.getItem(STORE)) ?? {};
    if (Number.isInteger(asked) && Number.isInteger(right)) return { asked, right };
  } catch {
    // A page from a file may not be allowed to keep anything: then the score lasts as long as the page.
  }
  return score ?? { asked: 0, right: 0 };
}

function keepScore() {
  try {
    localStorage.setItem(STORE, JSON.stringify(score));
  } catch {
    // As above.
  }
}

score = keptScore();
const quiz = { on: false, step: undefined, tries: 0, here: { asked: 0, right: 0 } };

// What the next step asks: words, the number, and what helps after one wrong answer and after more. A step of the forward
// pass asks nothing: the quiz begins with the backward pass.
function question() {
  if (step < 0) return { words: "The quiz begins when the forward pass is done: press Next." };
  const [node, usual] = model.steps[step];
  const pattern = patternNow(node, usual, state);
  const { label, symbol, sources } = graph.nodes[node];
  const upstream = show(state.gradients[node]);
  if (!ofGate(pattern)) {
    const [first] = graph.uses[node];
    if (first === undefined) {
      return { words: `What is the gradient of ${label} with respect to itself?`, number: () => state.gradients[node], help: "If the output grows by 1, by how much does the output grow?" };
    }
    const terms = graph.uses[node].map(([user, k]) => show(chain(state.gradients[user], state.locals[user][k])));
    return {
      words: `${label} is used ${terms.length} times, and copies add. What is its gradient?`,
      number: () => state.gradients[node],
      help: `Its uses send back ${listed(terms, " and ", (words) => words)}. Add them.`,
    };
  }
  const operands = [...sources.keys()].filter((k) => typeof sources[k] === "number");
  const k = operands[step % operands.length];
  const operand = graph.nodes[sources[k]].label;
  const known = graph.known[sources[k]] === step + 1;
  const words = known ? `What is the gradient of ${operand}?` : `What does ${operand} get from this gate?`;
  const letters = rule(node, k);
  const local = () => show(state.locals[node][k]);
  return {
    words: `The gate ${symbol} that computes ${label} has the gradient ${upstream}. ${words}`,
    number: () => chain(state.gradients[node], state.locals[node][k]),
    help: `Multiply the upstream gradient by the local one: ${upstream} × ?${letters === "" ? "" : `, where ${letters}`}.`,
    more: () => `The local gradient is ${local()}: ${upstream} × ${bracketed(local())} = ?`,
  };
}

function near(given, number) {
  if (Object.is(given, number) || given === number) return true;
  return Number.isFinite(number) && Math.abs(given - number) <= NEAR * Math.abs(number);
}

function tally({ asked, right }) {
  return `${right} of ${asked}`;
}

// Shows the question that belongs to this step, if the quiz is on.
function updateQuiz() {
  byId("quiz").setAttribute("aria-pressed", quiz.on);
  byId("question").hidden = !quiz.on;
  if (!quiz.on) return;
  const ends = step === model.steps.length;
  if (quiz.step !== step) {
    quiz.step = step;
    quiz.tries = 0;
    for (const id of ["answer", "check", "reveal"]) byId(id).hidden = ends || step < 0;
    byId("answer").value = "";
    byId("answer").removeAttribute("aria-invalid");
    byId("verdict").textContent = "";
  }
  byId("asks").textContent = ends
    ? `The pass is done: ${tally(quiz.here)} right at the first try; on this device ${tally(score)} in all.`
    : question().words;
}

function count(right) {
  // Another page may have counted since.
  score = keptScore();
  for (const counts of [quiz.here, score]) {
    counts.asked += 1;
    counts.right += right ? 1 : 0;
  }
  keepScore();
}

// Goes on to the next question and says how the last one ended.
function goOn(verdict) {
  const [node, usual] = model.steps[step];
  const because = tell(node, patternNow(node, usual, state), state);
  go(step + 1);
  byId("verdict").textContent = `${verdict} ${because}`;
  byId(step < model.steps.length ? "answer" : "quiz").focus();
}

byId("quiz").addEventListener("click", () => {
  quiz.on = !quiz.on;
  if (playing) play();
  quiz.step = undefined;
  quiz.here = { asked: 0, right: 0 };
  byId("verdict").textContent = "";
  if (quiz.on && (step < 0 || step === model.steps.length)) step = 0;
  go(step);
  if (quiz.on) byId("answer").focus();
});
byId("question").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = read(byId("answer").value);
  byId("answer").setAttribute("aria-invalid", given === undefined);
  if (given === undefined) {
    byId("verdict").textContent = "Write a number, such as −0.5.";
    return;
  }
  const { number, help, more } = question();
  if (near(given, number())) {
    if (quiz.tries === 0) count(true);
    goOn("Right.");
    return;
  }
  if (quiz.tries === 0) count(false);
  quiz.tries += 1;
  byId("verdict").textContent = `Not ${show(given)}. ${quiz.tries > 1 && more ? more() : help}`;
});
byId("reveal").addEventListener("click", () => {
  if (quiz.tries === 0) count(false);
  goOn(`It is ${show(question().number())}.`);
});
