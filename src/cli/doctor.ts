import type { Settings } from '../settings.ts';
import type { Check } from './check.ts';
import { definitionsCheck, nodeCheck, stateChecks } from './doctor-machine.ts';
import { serviceChecks } from './doctor-service.ts';
import { temporalChecks } from './doctor-temporal.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { answer, type Format } from './output.ts';

/** Looks at everything Signalbox needs and changes nothing. Anything that fails is a no; warnings alone are not. */
export async function doctor(settings: Settings, format: Format): Promise<ExitCode> {
  const checks: readonly Check[] = [
    nodeCheck(process.versions.node),
    ...(await stateChecks(settings.stateDirectory, Date.now)),
    await definitionsCheck(settings.configDirectory),
    ...(await temporalChecks(settings)),
    ...(await serviceChecks(settings, Date.now)),
  ];
  const failed = checks.filter(({ level }) => level === 'fail').length;
  answer(format, { ok: failed === 0, checks }, () => checkLines(checks));
  return failed === 0 ? EXIT.fine : EXIT.no;
}

/** A line for each check, and one with the remedy for each that is not fine. */
export function checkLines(checks: readonly Check[]): readonly string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks.flatMap(({ name, level, detail, remedy }) => [
    `${level.padEnd(4)}  ${name.padEnd(width)}  ${detail}`,
    ...(remedy === undefined ? [] : [`${' '.repeat(width + 8)}→ ${remedy}`]),
  ]);
}
