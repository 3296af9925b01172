// Stands for the training of one region: takes a moment, the last of the alphabet the longest, and answers how good it is.
import { setTimeout as delay } from 'node:timers/promises';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { runId, params } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
const { region, version } = params;

const rank = region.charCodeAt(0) - 'a'.charCodeAt(0);
await delay(region === 'us-east' ? 20_000 : 100 * rank);
console.log(
  JSON.stringify({ region, version, model: `${version}/${region}/${runId.slice(-6)}`, auc: 0.9 - rank / 1_000 }),
);
