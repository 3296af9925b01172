import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `signalbox test` of 100 scenarios as built, its start included. Run: npm run build, then tsx test/bench/scenarios.ts */
const REACH_MS = 2_000;
const SCENARIOS = 100;
const ROUNDS = 3;

const definitions = `
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: retrain }
spec:
  events: { pattern: { type: [a], data: { size: [{ numeric: ['>', 0] }] } }, when: event.data.size < 5e9 }
  key: '\${{ event.data.key }}'
  collect: '\${{ event.id }}'
  dedupe: { by: '\${{ event.data.etag }}' }
  debounce: { quiet: 30s, maxWait: 10m }
  cooldown: { period: 1h, onExcess: hold }
  run: { target: train, params: { ids: '\${{ items }}', key: '\${{ key }}' } }
---
apiVersion: signalbox/v1
kind: Target
metadata: { name: train }
spec: { http: { url: https://pipelines.example/runs } }
`;

function scenario(index: number): string {
  const events = Array.from(
    { length: 10 },
    (_, at) => `    - { at: ${at}s, event: { type: a, data: { key: k${at % 3}, size: ${at + 1}, etag: e${at} } } }`,
  );
  return `---
apiVersion: signalbox/v1
kind: Scenario
metadata: { name: scenario-${index} }
spec:
  trigger: retrain
  events:
${events.join('\n')}
  runs: { takes: 10m }
  expect: { runs: [{ key: k1 }, { key: k2 }, { key: k0, eventCount: 4 }], suppressed: { dedupe: 0 } }
`;
}

const directory = mkdtempSync(join(tmpdir(), 'signalbox-scenarios-'));
try {
  writeFileSync(join(directory, 'trigger.yaml'), definitions);
  for (let index = 0; index < SCENARIOS; index += 1) writeFileSync(join(directory, `${index}.yaml`), scenario(index));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedAt = performance.now();
    const command = ['dist/src/main.js', 'test', directory];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the scenarios do not pass:\n${stdout.slice(-2_000)}${stderr}`);
    return performance.now() - startedAt;
  });
  const best = Math.round(Math.min(...rounds));
  console.log(`${SCENARIOS} scenarios: ${best} ms, reach ${REACH_MS} ms: ${best <= REACH_MS ? 'reached' : 'MISSED'}`);
} finally {
  rmSync(directory, { recursive: true });
}
