// Playing: steps, and how a training begins and goes on.

// Takes the steps of one frame, or as many as fit into the time; returns how many.
const advance = (until) => {
  const epochs = { step: 0, epoch: 1, ten: 10 }[byId("pace").value];
  let taken = 0, ended = 0;
  do {
    ended += engine.call("train_advance", 1);
    taken++;
  } while (ended < epochs && performance.now() < until);
  return taken;
};

const checkDiverged = () => {
  if (!progress.diverged) return;
  pause();
  problem("The loss is no longer a number; lower the learning rate and reset.", "rate");
};

// What a step, measuring and drawing took in the last frames, in milliseconds, and the frames since the plane was drawn.
let stepping = 1, measuring = 1, drawing = 4, frames = 0, slow = 0;
const mean = (before, found) => before + 0.2 * (found - before);

const frame = () => {
  if (!playing) return;
  const begun = performance.now();
  // If all does not fit into a frame, most frames only train, and the others only draw.
  const all = stepping + measuring + drawing <= FRAME;
  const draws = ++frames >= (all ? 1 : 1 + Math.ceil(drawing / FRAME));
  try {
    if (all || !draws) {
      const taken = advance(begun + FRAME - measuring - (all ? drawing : 0));
      const at = performance.now();
      measure();
      stepping = mean(stepping, (at - begun) / taken);
      measuring = mean(measuring, performance.now() - at);
    }
    if (draws) {
      const at = performance.now();
      frames = 0;
      readMap();
      drawNeurons();
      drawPlane();
      if (at - slow > SLOW) {
        slow = at;
        drawWeights();
        drawNumbers();
      }
      drawing = mean(drawing, performance.now() - at);
    }
  } catch (error) {
    stopped(error);
    return;
  }
  checkDiverged();
  if (!playing) {
    attempt(drawAll);
    return;
  }
  if (performance.now() - told > TOLD) tell(summary());
  requestAnimationFrame(frame);
};

const play = () => {
  if (playing) {
    pause();
    attempt(() => {
      drawAll();
      tell(`Paused. ${summary()}`);
    });
    return;
  }
  if (!progress || progress.diverged) return;
  playing = true;
  byId("train-play").textContent = "Pause";
  tell("Training.");
  requestAnimationFrame(frame);
};

const movePoint = (point, x, y) => {
  const inside = (value) => Math.round(Math.min(Math.max(value, -REACH), REACH) * 1000) / 1000;
  const at = [inside(x), inside(y)];
  engine.call("train_move", point, ...at);
  points.set(at, 3 * point);
  moved.set(point, at);
  if (point === explained) withdraw();
};

const begin = () => {
  const was = playing;
  pause();
  const answer = askWithSettings("train_begin");
  if (!answer) {
    if (!shape) byId("epoch").textContent = "";
    return;
  }
  withdraw();
  attempt(() => {
    shape = answer;
    points = engine.numbers("train_points").slice();
    for (const [point, [x, y]] of moved) {
      if (point >= 0 && point < points.length / 3) movePoint(point, x, y);
      else moved.delete(point);
    }
    byId("point").max = points.length / 3;
    curve = [];
    spacing = 1;
    measure();
    buildNetwork();
    drawAll();
    checkDiverged();
    save();
    if (was && !progress.diverged) play();
  });
};

// Changes a setting with which the training goes on. The graph of a point has the loss of the training.
const tune = (setting) => {
  if (!shape) {
    begin();
    return;
  }
  if (!askWithSettings("train_tune")) {
    pause();
    return;
  }
  if (setting === "loss") withdraw();
  attempt(() => {
    measure();
    drawAll();
    checkDiverged();
    save();
  });
};
