import type { Expression, Reads } from '../match/expression.ts';
import type { CompiledPattern } from '../match/pattern.ts';
import type { Template } from '../match/template.ts';
import type { Cron, Definition, Zone } from '../spec/definition.ts';
import type { CloudEvent } from '../spec/event.ts';
import type { JsonObject } from '../spec/json.ts';
import type { PoolSpec } from '../spec/pool.ts';
import type { SourceSpec } from '../spec/source.ts';
import type { TargetSpec } from '../spec/target.ts';
import type { TriggerSpec } from '../spec/trigger.ts';

/** The key of everything in a trigger that names none. */
export const DEFAULT_KEY = 'default';

/** A complete, checked set of definitions. Never changed: a reload makes another one. */
export type Definitions = {
  /** Epoch milliseconds, later than that of every set this process loaded before. */
  readonly loadedAt: number;
  readonly triggers: ReadonlyMap<string, LoadedTrigger>;
  readonly targets: ReadonlyMap<string, LoadedTarget>;
  readonly sources: ReadonlyMap<string, LoadedSource>;
  readonly pools: ReadonlyMap<string, LoadedPool>;
  /** Equal for equal contents, whatever file they stand in and whenever they were loaded. */
  readonly fingerprint: string;
  /** The documents they were loaded from, as they were written. */
  readonly written: readonly JsonObject[];
};

type Loaded = {
  readonly name: string;
  readonly file: string;
  readonly labels: { readonly [name: string]: string };
  /** First 16 hex digits of the SHA-256 of the spec's canonical JSON, defaults filled in. */
  readonly generation: string;
};

export type LoadedTrigger = Loaded & {
  /** When this generation was first loaded, epoch milliseconds; generations of a trigger are in its order. */
  readonly loadedAt: number;
  readonly spec: TriggerSpec;
  readonly definition: Definition;
  /** Tried in order; the first that takes an event decides its key and collected value. */
  readonly selectors: readonly LoadedSelector[];
  readonly dedupeBy: readonly Template[];
  readonly identity?: Template;
  /** The value of `order.by`. */
  readonly order?: Template;
  /** The amount of an event: `threshold.of`. */
  readonly amount?: Template;
  /** A batch counts bytes, so an offer says how many its event has. */
  readonly sizeCounts: boolean;
  /** What of an event the run will need, as `event` or as one of `parts`: what its own templates and its targets' read. */
  readonly reads: Reads[string];
  /** The targets its runs may call, and where its spec names each: RFC 6901 pointers. */
  readonly calls: readonly { readonly target: string; readonly at: readonly string[] }[];
  /** What it has to take when it is probed; its `time` may be missing. */
  readonly sample?: CloudEvent;
  /** The run reads `items` and a selector has no `collect`, so items are the events themselves. */
  readonly itemsRead: boolean;
};

/** One way into a trigger. `key` and `collect` are its own or else the trigger's. */
export type LoadedSelector = {
  /** The part of `events.all` that its events fill. */
  readonly part?: string;
  /** Pointers into the trigger's spec: to itself, and to where its key and its collected value are written. */
  readonly places: { readonly selector: string; readonly key: string; readonly collect: string };
  readonly source?: string;
  readonly pattern?: CompiledPattern;
  readonly when?: Expression;
  readonly key: Template;
  readonly collect?: Template;
};

export type LoadedTarget = Loaded & {
  /** Absolute path of the folder its file is in: what `command.cwd` is relative to. */
  readonly directory: string;
  readonly spec: TargetSpec;
};

/** When a schedule makes events. */
export type Schedule =
  | { readonly kind: 'every'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly text: string; readonly cron: Cron; readonly zone: Zone };

/** `loadedAt`: when this generation was first loaded, epoch milliseconds; the latest wins. */
export type LoadedPool = Loaded & { readonly loadedAt: number; readonly spec: PoolSpec };

export type LoadedSource = Loaded & { readonly spec: SourceSpec; readonly schedule?: Schedule };
