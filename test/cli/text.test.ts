import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { GENERATED_PAGES } from '../../src/cli/generate.ts';
import { humanLine } from '../../src/cli/human-line.ts';
import { laneLines } from '../../src/cli/lanes.ts';
import { moment } from '../../src/cli/moment.ts';
import { harmless, table } from '../../src/cli/output.ts';
import { WAIT_MAX_SECONDS } from '../../src/cli/send.ts';
import { detailLines, listLines } from '../../src/cli/triggers-text.ts';
import { reachableUrl, welcomeLines } from '../../src/cli/welcome.ts';
import { WAIT_MAX_SECONDS as SERVICE_WAIT_MAX_SECONDS } from '../../src/http/headers.ts';
import { readSettings, type Settings } from '../../src/settings.ts';
import { VERSION } from '../../src/version.ts';

const at = '2026-09-01T10:00:00.000Z';
const atMs = Date.parse(at);

function settingsOf(env: Record<string, string> = {}): Settings {
  const read = readSettings(env);
  if (!read.ok) throw new Error('the settings of this test are wrong');
  return read.settings;
}

describe('generated pages', () => {
  test.each(Object.entries(GENERATED_PAGES))('docs/%s is what its table generates', (name, page) => {
    const file = new URL(`../../docs/${name}`, import.meta.url);
    expect(readFileSync(file, 'utf8'), 'run `npm run generate`').toBe(page());
  });
});

describe('the lines of lanes and pools', () => {
  const run = (runId: string, kind = 'train') => ({ runId, kind, trigger: 't', since: at });
  const pool = { workflowId: 'pool/gpu', of: 'pool', name: 'gpu', limit: 4, holders: [], waiting: [], waitingCount: 0 };
  const lane = {
    ...pool,
    of: 'lane',
    name: 'model/eu',
    limit: 1,
    holders: [{ ...run('sb1-a', 'deploy'), promoting: true }],
    waiting: [run('sb1-b')],
    waitingCount: 5,
  } as const;

  test('say who holds a place and who waits, since when', () => {
    const lines = laneLines([lane, { ...pool, of: 'pool' }], atMs + 60_000);
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatch(/^lane model\/eu +1 of 1 +sb1-a +deploy +t +promotes, has it since .*\(1m ago\)$/);
    expect(lines[2]).toMatch(/^ +sb1-b +train +t +waits since /);
    expect(lines[3]).toMatch(/^ +and 4 more/);
    expect(lines[4]).toMatch(/^pool gpu +0 of 4 +-/);
  });

  test('say that nothing is wanted', () => {
    expect(laneLines([], atMs)).toEqual(['No lane or pool is wanted.']);
  });
});

describe('text for a terminal', () => {
  test('cannot command the terminal, whatever a key or an id holds', () => {
    expect(harmless('a\u001b[2Jb\rc\nd\u202ee')).toBe('a\\u001b[2Jb\\u000dc\\u000ad\\u202ee');
    expect(harmless('Grüße, 東京 ✓')).toBe('Grüße, 東京 ✓');
  });

  test('has columns as wide as their widest cell', () => {
    expect(
      table([
        ['NAME', 'X'],
        ['a', 'b'],
        ['longer', ''],
      ]),
    ).toEqual(['NAME    X', 'a       b', 'longer']);
  });

  test.each([
    ['in 4s', 4_000],
    ['2h 5m ago', -7_500_000],
    ['now', 300],
  ])('says a moment with how far it is away: %s', (away, byMs) => {
    expect(moment(at, atMs - byMs)).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d \\(${away}\\)$`));
  });

  test('says the date of a moment that is days away', () => {
    expect(moment(at, atMs - 3 * 86_400_000)).toMatch(/^2026-\d\d-\d\d \d\d:\d\d:\d\d \(in 3d\)$/);
  });
});

describe('signalbox triggers', () => {
  const summary = {
    name: 'retrain',
    mode: 'live',
    generation: 'abc',
    loadedAt: at,
    workflowId: 'trigger/retrain',
  } as const;

  test('aligns names, open windows and deadlines, and shows what has no instance yet', () => {
    const open = { ...summary, name: 'b', openWindows: 12, nextDeadline: at };
    const lines = listLines([summary, open], atMs - 4_000);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^retrain {2}live {2}- +-$/);
    expect(lines[2]).toMatch(/^b {8}live {2}12 +\d\d:\d\d:\d\d \(in 4s\)$/);
  });

  test('says what is paused, by whom, and that a breaker is open', () => {
    const paused = { since: at, by: 'ann', keptEvents: 2 };
    expect(listLines([{ ...summary, paused }], atMs)[1]).toContain('live, paused');
    const limits = { starts: 0, running: [], breaker: { state: 'open' } } as const;
    const lines = detailLines({ ...summary, paused, limits, definition: {}, keys: [], keyCount: 0 }, atMs).join('\n');
    expect(lines).toMatch(/paused +since .* by ann, 2 events kept/);
    expect(lines).toMatch(/breaker +open/);
  });

  test('says what to do where there is none', () => {
    expect(listLines([], atMs).join()).toContain('SIGNALBOX_CONFIG');
  });

  test('shows windows, holds and cooldowns of each key, and how many more there are', () => {
    const window = { stage: 'debounce', mode: 'collecting', openedAt: at, firesAt: at, eventCount: 3 } as const;
    const keys = [
      { key: 'k1', window },
      { key: 'k2', heldEvents: 1, cooldownUntil: at },
    ];
    const lines = detailLines({ ...summary, definition: {}, keys, keyCount: 5 }, atMs - 4_000).join('\n');
    expect(lines).toMatch(/k1 +3 events, fires .*in 4s/);
    expect(lines).toMatch(/k2 +- +1 event +until .*in 4s/);
    expect(lines).toContain('and 3 more keys');
  });
});

describe('the log for people', () => {
  const line = (fields: object): string | undefined =>
    humanLine(JSON.stringify({ level: 'info', time: at, pid: 1, ...fields }));

  test.each([
    [{ msg: 'events accepted', events: 3, eventIds: ['e1', 'e2', 'e3', 'e4'] }, 'accepted    3 events e1 e2 e3 +1'],
    [
      { msg: 'events suppressed', trigger: 't', key: 'k', eventIds: ['e1'], stage: 'dedupe', why: 'It came before.' },
      'suppressed  t (k) e1 by dedupe: It came before.',
    ],
    [
      { msg: 'run decided', trigger: 't', key: 'k', eventCount: 1, runId: 'sb1-x' },
      'run decided t (k) with 1 event: sb1-x',
    ],
    [
      { msg: 'target called', target: 'train', outcome: 'started', status: 'succeeded', result: '{"auc":1}' },
      'target      train succeeded {"auc":1}',
    ],
    [
      { msg: 'target called', target: 'train', outcome: 'failed', detail: 'refused' },
      'target      train failed refused',
    ],
    [{ msg: 'run ended', trigger: 't', key: 'k', status: 'failed', runId: 'sb1-x' }, 'run ended   t (k) failed: sb1-x'],
    [{ msg: 'dead letter opened', level: 'warn', code: 'filter_error' }, 'WARN  dead letter opened  code=filter_error'],
    [{ msg: 'broke', level: 'error', error: { type: 'E', message: 'why', stack: '…' } }, 'ERROR  broke  error=why'],
  ])('says %j in short', (fields, text) => {
    expect(line(fields)?.replace(/^\d\d:\d\d:\d\d {2}/, '')).toBe(text);
  });

  test('leaves out what is no news, and the second line about the end of a run', () => {
    expect(line({ msg: 'a request was answered' })).toBeUndefined();
    expect(line({ msg: 'run ended', kind: 'runEnded', trigger: 't', runId: 'sb1-x' })).toBeUndefined();
  });

  test('shows a line that is no JSON as it is', () => {
    expect(humanLine('plain text\n')).toBe('plain text');
  });
});

describe('what dev prints when it is ready', () => {
  const running = { url: 'http://127.0.0.1:8080', uiUrl: 'http://127.0.0.1:8233' };

  test('names the lines of the quickstart where its definitions are loaded', () => {
    const lines = welcomeLines(settingsOf(), running, undefined).join('\n');
    expect(lines).toContain('  npx signalbox send examples/quickstart/events/burst.json');
    expect(lines).toContain('  npx signalbox send --wait 5 examples/quickstart/events/2026-09-02.json');
  });

  test('says no commands of the quickstart over other definitions', () => {
    expect(welcomeLines(settingsOf({ SIGNALBOX_CONFIG: '/x' }), running, undefined).join('\n')).not.toContain('npx');
  });

  test('names the address in the commands where they could not find it', () => {
    const elsewhere = { ...running, url: 'http://127.0.0.1:9999' };
    const lines = welcomeLines(settingsOf({ SIGNALBOX_STATE: '/x' }), elsewhere, undefined).join('\n');
    expect(lines).toContain('SIGNALBOX_API_URL=http://127.0.0.1:9999 npx signalbox send');
  });

  test('names an address that can be called where it listens on all of them', () => {
    expect(reachableUrl('http://0.0.0.0:8080')).toBe('http://127.0.0.1:8080');
    expect(reachableUrl('http://[::]:8080')).toBe('http://[::1]:8080');
    expect(reachableUrl('http://10.0.0.5:8080')).toBe('http://10.0.0.5:8080');
  });
});

test('signalbox send waits as long as the service does', () => {
  expect(WAIT_MAX_SECONDS).toBe(SERVICE_WAIT_MAX_SECONDS);
});

test('the version is the one of package.json', () => {
  expect(readFileSync('package.json', 'utf8')).toContain(`"version": "${VERSION}"`);
});
