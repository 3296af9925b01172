import { readFile } from 'node:fs/promises';

import { type CouldNotRun, couldNotRun, messageOf } from './exit.ts';

/** The bytes of a file, or of standard input for `-`. */
export async function readInput(name: string): Promise<{ readonly ok: true; readonly bytes: Buffer } | CouldNotRun> {
  try {
    return { ok: true, bytes: name === '-' ? await readStandardInput() : await readFile(name) };
  } catch (error) {
    return couldNotRun(
      `${name} cannot be read: ${messageOf(error)}`,
      'Name a file that is there, or - for standard input.',
    );
  }
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
