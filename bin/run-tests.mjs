import { parseCLI, startVitest } from 'vitest/node';

/** Runs vitest with these arguments, ends with one line of what became of the tests, and says what was skipped and why. */
export async function runTests(args) {
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  const tally = { passed: 0, failed: 0, skipped: 0 };
  const skipped = [];
  const collector = { onTestRunEnd: (modules, errors) => count(modules, errors, tally, skipped) };
  const vitest = await startVitest('test', filter, { ...options, reporters: ['default', collector] });
  await vitest.close();
  if (skipped.length > 0) process.stdout.write(`Skipped:\n${skipped.map((line) => `  ${line}\n`).join('')}`);
  const { passed, failed } = tally;
  const ok = failed === 0 && passed > 0;
  process.stdout.write(`${passed} passed, ${failed} failed, ${tally.skipped} skipped\n`, () =>
    process.exit(ok ? 0 : 1),
  );
}

/** A file that could not be loaded, and an error outside of tests, count as one failure each. */
function count(modules, errors, tally, skipped) {
  tally.failed += errors.length;
  for (const module of modules) {
    tally.failed += module.errors().length;
    // A hook that failed: its tests did not run, and say so as skipped.
    for (const suite of module.children.allSuites()) tally.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state, note } = test.result();
      if (state === 'passed' || state === 'failed') tally[state] += 1;
      else {
        tally.skipped += 1;
        skipped.push(`${module.relativeModuleId} > ${test.fullName}: ${note ?? 'marked so in the file'}`);
      }
    }
  }
}
