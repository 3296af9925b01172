import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log file beyond this is set aside as `.1`, so that two of about this size are the most there is. */
const ROTATE_BYTES = 16 * 1_024 * 1_024;

/** Opens a file that lines are appended to; throws where it cannot be opened. A line that does not fit on disk is lost. */
export function openLogFile(file: string, rotateBytes: number = ROTATE_BYTES): (line: string) => void {
  const open = (): number => openSync(file, 'a', 0o600);
  mkdirSync(dirname(file), { recursive: true });
  let descriptor = open();
  let bytes = fstatSync(descriptor).size;
  const rotate = (): void => {
    // The old file stays open until there is a new one: a failure between the two loses no line after it.
    renameSync(file, `${file}.1`);
    const next = open();
    closeSync(descriptor);
    descriptor = next;
    bytes = 0;
  };
  return (line) => {
    try {
      if (bytes > rotateBytes) rotate();
      bytes += writeSync(descriptor, line);
    } catch {
      // A full disk must not end the service; the terminal still shows what matters.
    }
  };
}
