import type { Cron, HoursSettings, Zone } from '../spec/definition.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { compileHours } from './calendar.ts';
import { compileCron } from './cron.ts';
import { error, type Path, type Problem } from './finding.ts';
import { type Compiled, zoneOf } from './zone.ts';

/** When runs may start and when a fallback looks, as an instance decides by them; without what failed to compile. */
export type CompiledTimes = {
  readonly hours?: HoursSettings;
  readonly at?: { readonly cron: Cron; readonly zone: Zone };
  readonly problems: readonly Problem[];
};

type Hours = NonNullable<TriggerSpec['hours']>;
type At = NonNullable<NonNullable<TriggerSpec['fallback']>['at']>;

/** Compiles what a trigger says in local time. Offsets are those around `nowMs`. */
export function compileTimes({ hours, fallback }: TriggerSpec, nowMs: number): CompiledTimes {
  const open = hours && compileHours(hours, nowMs);
  const at = fallback?.at && compileAt(fallback.at, ['spec', 'fallback', 'at'], nowMs);
  return {
    ...(open?.ok && { hours: open.value }),
    ...(at?.ok && { at: at.value }),
    problems: [
      ...(hours && open?.ok === false ? hoursProblems(hours, open.message, nowMs) : []),
      ...(at?.ok === false ? at.problems : []),
    ],
  };
}

/** What is wrong with hours is said at the text that is wrong. */
function hoursProblems({ allow, timeZone, freeze, onExcess }: Hours, message: string, nowMs: number): Problem[] {
  const base: Path = ['spec', 'hours'];
  const zone = zoneOf(timeZone, nowMs);
  if (!zone.ok) return [error([...base, 'timeZone'], zone.message, ZONE_REMEDY)];
  const found = [
    ...allow.flatMap((text, index) =>
      refused(compileHours({ allow: [text], timeZone, onExcess }, nowMs), [...base, 'allow', index], ALLOW_REMEDY),
    ),
    ...freeze.flatMap((text, index) =>
      refused(
        compileHours({ allow: [ALWAYS], timeZone, freeze: [text], onExcess }, nowMs),
        [...base, 'freeze', index],
        FREEZE_REMEDY,
      ),
    ),
  ];
  return found.length > 0 ? found : [error(base, message, ALLOW_REMEDY)];
}

const ALWAYS = 'daily 00:00-24:00';
const ZONE_REMEDY = 'Name a zone of the IANA database, such as UTC or Asia/Kolkata.';
const ALLOW_REMEDY = 'For example: Mon-Fri 08:00-20:00.';
const FREEZE_REMEDY = 'For example: 2026-12-24/2026-12-27.';
const CRON_REMEDY = 'For example: 0 2 * * * is every day at 02:00.';

/** A cron expression in a time zone, as it stands at `base` in a document. */
export function compileAt(
  { cron, timeZone }: At,
  base: Path,
  nowMs: number,
):
  | { readonly ok: true; readonly value: { readonly cron: Cron; readonly zone: Zone } }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const times = compileCron(cron);
  const zone = zoneOf(timeZone, nowMs);
  if (times.ok && zone.ok) return { ok: true, value: { cron: times.value, zone: zone.value } };
  return {
    ok: false,
    problems: [...refused(times, [...base, 'cron'], CRON_REMEDY), ...refused(zone, [...base, 'timeZone'], ZONE_REMEDY)],
  };
}

function refused(compiled: Compiled<unknown>, path: Path, remedy: string): Problem[] {
  return compiled.ok ? [] : [error(path, compiled.message, remedy)];
}
