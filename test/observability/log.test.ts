import { describe, expect, it } from 'vitest';

import type { Logger, LogLevel } from '../../src/observability/log.ts';
import { createLogger, LOG_TEXT_MAX_CHARS } from '../../src/observability/log.ts';

function logging(level: LogLevel = 'info'): { log: Logger; lines: string[]; last: () => unknown } {
  const lines: string[] = [];
  const log = createLogger({ level, destination: { write: (line) => lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') };
}

describe('the log', () => {
  it('writes one JSON line a call, with level, time and message', () => {
    const { log, lines, last } = logging();
    log.info({ eventId: 'evt_1' }, 'accepted');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/);
    expect(last()).toEqual({ level: 'info', time, pid: process.pid, eventId: 'evt_1', msg: 'accepted' });
  });

  it('leaves out what is below its level', () => {
    const { log, lines } = logging('warn');
    log.info({}, 'not this');
    log.error({}, 'this');
    expect(lines).toHaveLength(1);
  });

  it('never writes the value of a field named like a credential, at any depth or in a child', () => {
    const { log, lines } = logging();
    const request = {
      headers: [{ Authorization: 'canary' }],
      query: { access_token: 'canary' },
      'x-api-key': 'canary',
    };
    log.child({ apiKey: 'canary' }).warn({ request, clientSecret: 'canary', PASSWORD: { a: 'canary' } }, 'refused');
    expect(lines[0]).toContain('[redacted]');
    expect(lines[0]).not.toContain('canary');
  });

  it('cuts long texts in fields, names, errors and the message', () => {
    const { log, lines } = logging();
    const long = 'x'.repeat(1_000_000);
    log.error(
      { long, [long]: 1, error: new Error(long, { cause: new Error(long) }), list: Array(1e5).fill('y') },
      long,
    );
    expect(lines[0]?.length).toBeLessThan(20 * LOG_TEXT_MAX_CHARS);
  });

  it('writes errors with their stack and cause', () => {
    const { log, last } = logging();
    log.error({ error: new TypeError('no', { cause: 'why' }) }, 'failed');
    const error = { type: 'TypeError', message: 'no', stack: expect.stringContaining('log.test.ts'), cause: 'why' };
    expect(last()).toMatchObject({ error });
  });

  it('bears cycles, big integers, bad dates and placeholders in the message', () => {
    const { log, last } = logging();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    log.info({ cycle, big: 10n, never: new Date(Number.NaN) }, '100 %s %d done');
    expect(last()).toMatchObject({ big: '10', never: null, msg: '100 %s %d done' });
  });

  it('stays one line whatever an event id holds', () => {
    const { log, lines } = logging();
    log.info({ eventId: 'a\n{"level":"fatal"}\r\u2028' }, 'accepted\nfake');
    expect(lines[0]?.split('\n')).toHaveLength(2);
  });
});
