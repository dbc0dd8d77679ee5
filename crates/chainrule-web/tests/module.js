// Answers questions with the module of a page or of a file: node module.js ENGINE.js MODULE < QUESTIONS.
// Questions are a JSON array of [way, function, operand]. The way is "ask" for a question in JSON, "call" for a call with a
// number, and "numbers" for a call that gives numbers, which are written as the bits of each. The answers are an array.

const fs = require("node:fs");
const zlib = require("node:zlib");

const [engine, path] = process.argv.slice(2);
const file = fs.readFileSync(path);
const inPage = file.toString().match(/<script type="text\/plain" id="module">([^<]*)</);
const packed = inPage ? inPage[1] : zlib.gzipSync(file).toString("base64");
const startEngine = new Function(`${fs.readFileSync(engine)}; return startEngine;`)();
startEngine(packed).then(({ ask, call, numbers }) => {
  const bits = (list) => Array.from(new BigUint64Array(list.slice().buffer), String);
  const ways = { ask, call, numbers: (name, operand) => bits(numbers(name, operand)) };
  const questions = JSON.parse(fs.readFileSync(0));
  process.stdout.write(JSON.stringify(questions.map(([way, name, operand]) => ways[way](name, operand))));
});
