import { createCommandTarget } from '../../../src/connectors/targets/command.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';

// A worker that is there to be killed: it starts a program that ignores SIGTERM and never ends.
const [state = '', port = ''] = process.argv.slice(2);
const program = `process.on('SIGTERM', () => {}); require('net').connect(${port}, '127.0.0.1').on('close', () => process.exit())`;
const command = { run: [process.execPath, '-e', program], cwd: '.', env: {}, timeout: 60_000 };
const target = createCommandTarget(
  { name: 'train', directory: state, spec: { command, onUnknown: 'hold' } },
  depsOf(state),
  { killGraceMs: 100, heartbeatEveryMs: 1_000 },
);
await target.start(requestOf('sb1-killed'), contextOf());
