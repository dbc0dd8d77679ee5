// Starts the engine and the controls.

async function start() {
  offerThemes(byId("theme"));
  const recolour = () => {
    colours = readColours();
    if (shape) attempt(drawAll);
  };
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  colours = readColours();

  readAddress();
  try {
    engine = await startEngine(byId("module").textContent);
  } catch (error) {
    byId("epoch").textContent = `The engine does not start in this browser: ${error}`;
    return;
  }
  begin();
  if (!shape && byId("problem").textContent !== "") {
    // A link can hold settings that are refused.
    const why = byId("problem").textContent;
    byId("choices").reset();
    moved.clear();
    layers([]);
    begin();
    problem(`The link has a setting that is refused, so the usual settings are used. ${why}`);
  }

  byId("train-play").addEventListener("click", play);
  byId("train-step").addEventListener("click", () => {
    if (playing) pause();
    if (!progress || progress.diverged) return;
    attempt(() => {
      engine.call("train_advance", 1);
      measure();
      drawAll();
      checkDiverged();
      tell(summary());
    });
  });
  byId("train-reset").addEventListener("click", () => {
    pause();
    begin();
    if (progress) tell(`Reset. ${summary()}`);
  });
  const another = (id) => {
    byId(id).value = Math.max(Math.floor(Number(byId(id).value)) || 0, 0) + 1;
    begin();
    if (progress) tell(summary());
  };
  byId("new-weights").addEventListener("click", () => another("seed"));
  byId("new-points").addEventListener("click", () => {
    moved.clear();
    another("data_seed");
  });
  byId("choices").addEventListener("submit", (event) => event.preventDefault());
  byId("choices").addEventListener("change", ({ target }) => {
    if (target.id === "pace") {
      save();
      return;
    }
    if (target.id === "layers") layers([]);
    if (TUNED.has(target.id)) {
      tune(target.id);
      return;
    }
    if (["data", "points", "noise", "held", "data_seed"].includes(target.id)) moved.clear();
    begin();
  });
  byId("point").addEventListener("input", () => {
    if (!shape) return;
    drawPlane();
    tellPoint(chosen());
    save();
  });
  byId("explain").addEventListener("click", explain);
  offerLink(byId("share"), byId("shared"), byId("link"), save);
  addEventListener("hashchange", () => {
    readAddress();
    begin();
  });
  let resized;
  addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(() => {
      if (!shape) return;
      const kept = large && [large.layer, large.index];
      buildNetwork();
      large = neurons.find(({ layer, index }) => layer === kept?.[0] && index === kept?.[1]) ?? large;
      recolour();
    }, 150);
  });
}
start();
