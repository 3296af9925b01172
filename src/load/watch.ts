import { listFiles } from './files.ts';
import { type Definitions, type Finding, loadDefinitions, type LoadResult } from './load.ts';

/** How often the directory is looked at, unless told otherwise; a change is taken one look after it came to rest. */
const DEBOUNCE_MS = 500;
/** Looking may take a twentieth of the time: with very many files it happens less often. */
const REST_PER_LOOK = 19;

export type WatchOptions = {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A change is loaded once the directory has stayed the same for so long. */
  readonly debounceMs?: number;
  /** A new complete set is live; also after a failure was corrected, even to what it was before. */
  readonly onLoaded?: (definitions: Definitions, warnings: readonly Finding[]) => void;
  /** A change was refused; the set before it stays live. */
  readonly onFailed?: (findings: readonly Finding[]) => void;
};

/** The live definitions of a directory. */
export type DefinitionsWatch = {
  /** Always a complete, checked set; swapped whole. */
  current(): Definitions;
  /** Of the last load: warnings of the live set, or everything about the one that was refused. */
  lastFindings(): readonly Finding[];
  lastReloadOk(): boolean;
  /** Called after every new set, beside `onLoaded`; as long as the watch. */
  subscribe(listener: () => void): void;
  /** Stops looking; resolves when a load under way has ended. No callback comes after it. */
  close(): Promise<void>;
};

/** A first load that fails is an outcome, not an exception: there is nothing to stay live then, and nothing is watched. */
export type WatchResult =
  | { readonly ok: true; readonly watch: DefinitionsWatch }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Loads a directory of definitions and follows its changes: files and folders that come, go, are edited in place or
 * replaced, and mounts that swap links. It compares file stamps at intervals, because notifications miss new folders
 * and do not cross network and container mounts.
 */
export async function watchDefinitions(directory: string, options: WatchOptions): Promise<WatchResult> {
  const stamps = await stampsOf(directory);
  const first = await loadDefinitions(directory, { now: options.now });
  if (!first.ok) return first;
  const watch = new Watch(directory, options, first);
  watch.start(stamps);
  return { ok: true, watch };
}

class Watch implements DefinitionsWatch {
  readonly #directory: string;
  readonly #options: WatchOptions;
  #definitions: Definitions;
  #findings: readonly Finding[];
  #reloadOk = true;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #listeners: (() => void)[] = [];
  /** What the live or refused set was loaded from; undefined until one look confirmed that the first load saw it all. */
  #loadedStamps: string | undefined;
  #lastStamps = '';

  constructor(directory: string, options: WatchOptions, first: LoadResult & { ok: true }) {
    this.#directory = directory;
    this.#options = options;
    this.#definitions = first.definitions;
    this.#findings = first.warnings;
  }

  current(): Definitions {
    return this.#definitions;
  }

  lastFindings(): readonly Finding[] {
    return this.#findings;
  }

  lastReloadOk(): boolean {
    return this.#reloadOk;
  }

  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  start(stamps: string): void {
    this.#lastStamps = stamps;
    this.#lookIn(0);
  }

  #lookIn(tookMs: number): void {
    if (this.#closed) return;
    const waitMs = Math.max(this.#options.debounceMs ?? DEBOUNCE_MS, tookMs * REST_PER_LOOK);
    this.#timer = setTimeout(() => {
      const startedAt = performance.now();
      this.#looking = this.#look().then(() => this.#lookIn(performance.now() - startedAt));
    }, waitMs);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const stamps = await stampsOf(this.#directory);
    const settled = stamps === this.#lastStamps;
    this.#lastStamps = stamps;
    if (!settled || stamps === this.#loadedStamps) return;
    const loaded = await loadDefinitions(this.#directory, { now: this.#options.now, previous: this.#definitions });
    this.#loadedStamps = stamps;
    if (!this.#closed) this.#take(loaded);
  }

  #take(loaded: LoadResult): void {
    if (!loaded.ok) {
      this.#reloadOk = false;
      this.#findings = loaded.findings;
      this.#options.onFailed?.(loaded.findings);
      return;
    }
    const news = !this.#reloadOk || loaded.definitions.fingerprint !== this.#definitions.fingerprint;
    this.#reloadOk = true;
    this.#findings = loaded.warnings;
    this.#definitions = loaded.definitions;
    if (!news) return;
    this.#options.onLoaded?.(loaded.definitions, loaded.warnings);
    for (const listener of this.#listeners) listener();
  }
}

/** One text that changes whenever a load could give something else. */
async function stampsOf(directory: string): Promise<string> {
  const { files, findings } = await listFiles(directory);
  return JSON.stringify([
    files.map(({ file, stamp }) => [file, stamp]),
    findings.map(({ file, message }) => [file, message]),
  ]);
}
