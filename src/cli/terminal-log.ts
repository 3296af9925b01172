import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { messageOf } from './exit.ts';
import { humanLine } from './human-line.ts';
import { harmless, tell } from './output.ts';

/** A log file beyond this is set aside, so that two of this size are the most there is. */
const LOG_ROTATE_BYTES = 16 * 1_024 * 1_024;

/** The log of a process that a person watches. */
export type TerminalLog = {
  /** Where all lines go as JSON; undefined where no file could be opened. */
  readonly file?: string;
  write(line: string): void;
};

/** Writes every line to `signalbox.log` in the state directory, and what matters to the terminal, in short. */
export function openTerminalLog(stateDirectory: string): TerminalLog {
  const file = join(stateDirectory, 'signalbox.log');
  const append = openAppender(file);
  return {
    ...(append && { file }),
    write: (line) => {
      append?.(line);
      const short = humanLine(line);
      if (short !== undefined) process.stdout.write(`${harmless(short)}\n`);
    },
  };
}

function openAppender(file: string): ((line: string) => void) | undefined {
  const open = (): number => openSync(file, 'a', 0o600);
  let descriptor: number;
  let bytes: number;
  try {
    mkdirSync(join(file, '..'), { recursive: true });
    descriptor = open();
    bytes = fstatSync(descriptor).size;
  } catch (error) {
    tell(`No log file is kept: ${messageOf(error)}`);
    return undefined;
  }
  return (line) => {
    try {
      if (bytes > LOG_ROTATE_BYTES) {
        closeSync(descriptor);
        renameSync(file, `${file}.1`);
        descriptor = open();
        bytes = 0;
      }
      bytes += writeSync(descriptor, line);
    } catch {
      // A full disk must not end the service; the terminal still shows what matters.
    }
  };
}
