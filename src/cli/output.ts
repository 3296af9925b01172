import { type Command, Option } from 'commander';

import { type CouldNotRun, EXIT, type ExitCode } from './exit.ts';

/** How an answer is written: for people, or as one JSON document whose members stay as they are. */
export type Format = 'text' | 'json';

/** C0 and C1 controls and the marks that turn the direction of text: a terminal would act on them. */
const ACTS_ON_TERMINAL = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Adds `-o, --output`. */
export function withOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how to answer').choices(['text', 'json']).default('text'),
  );
}

/** One line that only shows: keys, ids and texts of events may hold anything, terminal commands among it. */
export function harmless(line: string): string {
  return line.replaceAll(ACTS_ON_TERMINAL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Writes the answer to standard output: the lines for people, or the document. */
export function answer(format: Format, document: object, lines: () => readonly string[]): void {
  const text = format === 'json' ? JSON.stringify(document, null, 2) : lines().map(harmless).join('\n');
  if (text !== '') process.stdout.write(`${text}\n`);
}

/** Writes a line beside the answer, to standard error. */
export function tell(line: string): void {
  process.stderr.write(`${line.split('\n').map(harmless).join('\n')}\n`);
}

/** Says why a command could not run, and what to do. */
export function giveUp({ message, remedy }: CouldNotRun): ExitCode {
  tell(`${message}\n  ${remedy}`);
  return EXIT.couldNotRun;
}

/** Columns as wide as their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map(harmless));
  const widths: number[] = [];
  for (const row of cells) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return cells.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
