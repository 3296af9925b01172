// Puts together what the regions came to: the mean over those that succeeded, and which are missing.
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { version, results } = JSON.parse(Buffer.concat(chunks).toString('utf8')).params;

const there = results.filter(({ status }) => status === 'succeeded');
const auc = there.reduce((sum, { result }) => sum + result.auc, 0) / there.length;
const missing = results.filter(({ status }) => status !== 'succeeded').map(({ value }) => value);
console.log(JSON.stringify({ version, auc: Number(auc.toFixed(4)), regions: there.length, missing }));
