import { describe, expect, it } from 'vitest';

import type { Checked } from '../../../src/backtest/scenario/check.ts';
import { junitText } from '../../../src/backtest/scenario/junit.ts';

const passed: Checked = {
  name: 'fine',
  file: 'a/s.yaml',
  line: 3,
  trigger: 'retrain',
  differences: [],
  story: [],
  tookMs: 1_500,
};
const failed: Checked = {
  ...passed,
  name: 'broken',
  differences: [{ path: '/expect/runs', expected: 1, text: 'run 1 key: expected "<a & b>", got \u0007' }],
  story: ['0s  event "x"\u{1F600}'],
};

describe('a JUnit report', () => {
  it('has a suite a file and a case a scenario, with failures and times in seconds', () => {
    expect(junitText([passed, failed])).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="signalbox" tests="2" failures="1" errors="0" time="3.000">
  <testsuite name="a/s.yaml" tests="2" failures="1" errors="0" time="3.000">
    <testcase name="fine" classname="retrain" file="a/s.yaml" line="3" time="1.500"/>
    <testcase name="broken" classname="retrain" file="a/s.yaml" line="3" time="1.500">
      <failure message="run 1 key: expected &quot;&lt;a &amp; b&gt;&quot;, got \uFFFD">run 1 key: expected "&lt;a &amp; b&gt;", got \uFFFD

What happened:
0s  event "x"\u{1F600}</failure>
    </testcase>
  </testsuite>
</testsuites>
`);
  });
});
