// Answers questions with the module of a page or of a file: node module.js ENGINE.js MODULE < QUESTIONS.
// Questions are a JSON array of [function, question]; so are the answers.

const fs = require("node:fs");
const zlib = require("node:zlib");

const [engine, path] = process.argv.slice(2);
const file = fs.readFileSync(path);
const inPage = file.toString().match(/<script type="text\/plain" id="module">([^<]*)</);
const packed = inPage ? inPage[1] : zlib.gzipSync(file).toString("base64");
const startEngine = new Function(`${fs.readFileSync(engine)}; return startEngine;`)();
startEngine(packed).then(({ ask }) => {
  const questions = JSON.parse(fs.readFileSync(0));
  process.stdout.write(JSON.stringify(questions.map(([name, question]) => ask(name, question))));
});
