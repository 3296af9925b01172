// Reads the run from standard input, as every program that is a target does, and prints what it was given.
// The last line, JSON, is the result of the run.
let input = '';
for await (const chunk of process.stdin) input += chunk;
const { runId, trigger, key, cause, params } = JSON.parse(input);
console.log(`${trigger} runs for key ${key}, cause ${cause}, with ${JSON.stringify(params)}`);
console.log(JSON.stringify({ runId }));
