import type { Settings } from '../settings.ts';
import { callService, findService, problemText } from './api.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { CLOCK_SKEW_MAX_MS } from './doctor-machine.ts';
import { isAlive, readServiceFile } from './service-file.ts';

/** Whether the service answers and would take events, and whether its clock is ours. */
export async function serviceChecks(settings: Settings, now: () => number): Promise<readonly Check[]> {
  const name = 'service';
  const service = findService(settings);
  const reply = await callService(service, '/readyz');
  if (!reply.ok) {
    // Nobody said that one runs: that is how it is before the first start.
    if (service.from === 'default') return [notRunning(settings, reply.message)];
    return [fail(name, reply.message, reply.remedy)];
  }
  const clock = clockCheck(reply.headers.get('date'), now());
  const { body } = reply;
  if (!('ready' in body))
    return [fail(name, `${service.url} answered ${problemText(body)}`, 'See the log of the service.')];
  if (body.ready !== true) {
    return [fail(name, `${service.url} takes no events: ${notOkText(body)}`, 'See its log.'), ...clock];
  }
  const trouble = notOkText(body);
  const ready = `${service.url} takes events`;
  return [trouble === '' ? ok(name, ready) : warn(name, `${ready}, but ${trouble}`, 'See its log.'), ...clock];
}

function notRunning({ stateDirectory }: Settings, message: string): Check {
  const left = readServiceFile(stateDirectory);
  if (left !== undefined && !isAlive(left)) {
    const detail = `the service (process ${left.pid}) ended without being stopped`;
    return fail('service', detail, 'Start it with `npm start`; what it accepted is kept.');
  }
  return warn('service', message, 'Start it with `npm start`, or set SIGNALBOX_API_URL to where it runs.');
}

/** The checks of a readiness answer that are not fine, on one line. */
function notOkText(body: object): string {
  if (!('checks' in body) || typeof body.checks !== 'object' || body.checks === null) return '';
  const bad = Object.entries(body.checks).flatMap(([name, check]: [string, unknown]) => {
    if (typeof check !== 'object' || check === null || !('ok' in check) || check.ok === true) return [];
    return [`${name}: ${'detail' in check ? String(check.detail) : 'not ok'}`];
  });
  return bad.join('; ');
}

/** Compares with the Date header, which counts whole seconds. */
function clockCheck(date: string | null, nowMs: number): readonly Check[] {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs) || Math.abs(theirs - nowMs) <= CLOCK_SKEW_MAX_MS) return [];
  const seconds = Math.round(Math.abs(theirs - nowMs) / 1_000);
  const detail = `the service's is ${seconds} s ${theirs < nowMs ? 'behind' : 'ahead of'} this machine's`;
  return [warn('clock', detail, 'Set both clocks by NTP: windows and freshness go by the service.')];
}
