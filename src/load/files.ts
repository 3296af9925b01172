import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { fileFinding, type Finding } from './finding.ts';

/** Largest definition file: a thousand triggers fit, a data file put there by mistake does not. */
export const FILE_MAX_BYTES = 1_048_576;
/** Most definition files in a directory: twice the 10,000 triggers that matching is built for. */
const FILES_MAX_COUNT = 20_000;
/** Deepest nesting of folders that is followed. */
const FOLDERS_MAX_DEPTH = 32;

/** A definition file as listed. `stamp` changes whenever its content may have changed. */
export type ListedFile = { readonly file: string; readonly sizeBytes: number; readonly stamp: string };

export type Listing = { readonly files: readonly ListedFile[]; readonly findings: readonly Finding[] };

const isDefinitionFile = (name: string): boolean => name.endsWith('.yaml') || name.endsWith('.yml');
/** Hidden entries are editor and mount internals (`..data` of a Kubernetes volume holds every file a second time). */
const isSkipped = (name: string): boolean => name.startsWith('.') || name === 'node_modules';

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

class Walk {
  readonly files: ListedFile[] = [];
  readonly findings: Finding[] = [];
  readonly #visited = new Set<string>();

  /** Lists a folder and what is below it; one reached again through a link is not listed twice. */
  async folder(path: string, identity: string, depth = 0): Promise<void> {
    if (this.#visited.has(identity) || depth > FOLDERS_MAX_DEPTH) return;
    this.#visited.add(identity);
    const entries = await readdir(path, { withFileTypes: true });
    const followed = entries
      .filter((it) => it.isDirectory() || it.isSymbolicLink() || isDefinitionFile(it.name))
      .map((it) => it.name)
      .filter((name) => !isSkipped(name));
    for (const name of followed.toSorted()) await this.#entry(join(path, name), depth);
  }

  async #entry(path: string, depth: number): Promise<void> {
    try {
      const found = await stat(path, { bigint: true });
      if (found.isDirectory()) {
        await this.folder(path, `${found.dev}:${found.ino}`, depth + 1);
      } else if (found.isFile() && isDefinitionFile(path)) {
        const stamp = `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
        this.files.push({ file: path, sizeBytes: Number(found.size), stamp });
      }
    } catch (cause) {
      if (isDefinitionFile(path)) this.findings.push(unreadable(path, cause));
    }
  }
}

function unreadable(path: string, cause: unknown): Finding {
  return fileFinding(path, `cannot be read: ${reasonOf(cause)}`, 'Make the file readable, or remove it.');
}

/** Every `.yaml` and `.yml` file below the directory, sorted by path within each folder. Nothing is read yet. */
export async function listFiles(directory: string): Promise<Listing> {
  const walk = new Walk();
  try {
    const { dev, ino } = await stat(directory, { bigint: true });
    await walk.folder(directory, `${dev}:${ino}`);
  } catch (cause) {
    const message = `the directory of definitions cannot be read: ${reasonOf(cause)}`;
    return { files: [], findings: [fileFinding(directory, message, 'Create it, or name another one.')] };
  }
  if (walk.files.length <= FILES_MAX_COUNT) return walk;
  const message = `holds ${walk.files.length} definition files, more than ${FILES_MAX_COUNT}`;
  return { files: [], findings: [fileFinding(directory, message, 'Put several documents into one file.')] };
}

/** The text of a file, or why it cannot be taken. */
export async function readText({ file, sizeBytes }: ListedFile): Promise<string | Finding> {
  const tooLarge = (bytes: number): Finding =>
    fileFinding(file, `has ${bytes} bytes, more than ${FILE_MAX_BYTES}`, 'Split it into several files.');
  if (sizeBytes > FILE_MAX_BYTES) return tooLarge(sizeBytes);
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    return unreadable(file, cause);
  }
  if (bytes.length > FILE_MAX_BYTES) return tooLarge(bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fileFinding(file, 'is not UTF-8', 'Save it as UTF-8.');
  }
}
