import { join } from 'node:path';

import { messageOf } from './exit.ts';
import { humanLine } from './human-line.ts';
import { openLogFile } from './log-file.ts';
import { harmless, tell } from './output.ts';

/** The log of a process that a person watches. */
export type TerminalLog = {
  /** Where all lines go as JSON; undefined where no file could be opened. */
  readonly file?: string;
  write(line: string): void;
};

/** Writes every line to `signalbox.log` in the state directory, and what matters to the terminal, in short. */
export function openTerminalLog(stateDirectory: string): TerminalLog {
  const file = join(stateDirectory, 'signalbox.log');
  const append = openOrTell(file);
  return {
    ...(append && { file }),
    write: (line) => {
      append?.(line);
      const short = humanLine(line);
      if (short !== undefined) process.stdout.write(`${harmless(short)}\n`);
    },
  };
}

function openOrTell(file: string): ReturnType<typeof openLogFile> | undefined {
  try {
    return openLogFile(file);
  } catch (error) {
    tell(`No log file is kept: ${messageOf(error)}`);
    return undefined;
  }
}
