import { styleText } from 'node:util';

import type { Checked } from '../backtest/scenario/check.ts';
import { counted } from '../explain/counted.ts';
import { answer, type Format, harmless } from './output.ts';

type Style = Parameters<typeof styleText>[0];

/** Harmless text in colour, where the terminal takes colours and nobody asked for none. */
function paint(style: Style, text: string): string {
  const plain = harmless(text);
  return process.stdout.isTTY ? styleText(style, plain, { stream: process.stdout }) : plain;
}

/** Writes how scenarios went: a line each, and for those that failed what differs and what happened. */
export function writeReport(checked: readonly Checked[], format: Format): void {
  const failed = checked.filter(({ differences }) => differences.length > 0).length;
  const passed = checked.length - failed;
  if (format === 'json') {
    const scenarios = checked.map(({ name, file, differences }) => {
      const status = differences.length === 0 ? ('passed' as const) : ('failed' as const);
      return { name, file, status, diff: differences };
    });
    answer(format, { passed, failed, scenarios }, () => []);
    return;
  }
  const files = [...new Set(checked.map(({ file }) => file))];
  const lines = files.flatMap((file) => [
    paint('underline', file),
    ...checked.filter((it) => it.file === file).flatMap((it) => scenarioLines(it)),
    '',
  ]);
  const tookMs = checked.reduce((sum, it) => sum + it.tookMs, 0);
  const summary = [
    ...(failed > 0 ? [paint(['bold', 'red'], `${failed} failed`)] : []),
    ...(passed > 0 ? [paint(['bold', 'green'], `${passed} passed`)] : []),
  ].join(', ');
  lines.push(`${counted(checked.length, 'scenario')}: ${summary} ${paint('dim', `(${tookText(tookMs)})`)}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

function scenarioLines({ name, trigger, line, differences, story, tookMs }: Checked): readonly string[] {
  if (differences.length === 0) {
    return [`  ${paint('green', '✓')} ${harmless(name)} ${paint('dim', `${trigger} (${tookText(tookMs)})`)}`];
  }
  return [
    `  ${paint('red', '✗')} ${paint('bold', name)} ${paint('dim', `${trigger}, line ${line}`)}`,
    ...differences.map(({ text }) => `      ${paint('red', text)}`),
    `      ${paint('dim', 'what happened:')}`,
    ...(story.length === 0 ? ['nothing'] : story).map((text) => `        ${paint('dim', text)}`),
  ];
}

function tookText(ms: number): string {
  return ms < 1_000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
