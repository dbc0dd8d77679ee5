// Measures what the engine computes in a frame of the training: node frame.js ENGINE.js PAGE.
// The network is 2-16-16-1, with 200 points, 150 of which are trained on. Times are medians.

const fs = require("node:fs");

const [engine, page] = process.argv.slice(2);
const [, packed] = fs.readFileSync(page).toString().match(/<script type="text\/plain" id="module">([^<]*)</);
const startEngine = new Function(`${fs.readFileSync(engine)}; return startEngine;`)();

const median = (times, run) => {
  const found = Array.from({ length: times }, () => {
    const begun = performance.now();
    run();
    return performance.now() - begun;
  });
  return found.sort((a, b) => a - b)[times >> 1];
};

startEngine(packed).then(({ ask, call, numbers }) => {
  for (const activation of ["tanh", "relu"]) {
    const begun = performance.now();
    const answer = ask("train_begin", {
      data: "moons", points: 200, noise: 0.1, held: 25, data_seed: 1, hidden: [16, 16], activation, seed: 1,
      loss: "logistic", penalty: 0, rate: 0.03, batch: 0, optimizer: "adam",
    });
    if (answer.training !== 150) throw new Error(JSON.stringify(answer));
    call("train_advance", 1);
    const first = performance.now() - begun;
    const parts = {
      step: median(400, () => call("train_advance", 1)),
      measuring: median(400, () => numbers("train_progress")),
      map: median(400, () => numbers("train_map", 50)),
    };
    const told = Object.entries(parts).map(([part, time]) => `${part} ${time.toFixed(2)} ms`);
    console.log(`${activation}: begins in ${first.toFixed(0)} ms; ${told.join(", ")}`);
  }
});
