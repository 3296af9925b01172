import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { MetricDefinition } from './metric-table.ts';
import { CLOSED_LABELS, METRICS } from './metric-table.ts';

type Row = (typeof METRICS)[number];
type NameOf<Type extends Row['type']> = Extract<Row, { type: Type }>['name'];
type LabelsOf<Name extends Row['name']> = Readonly<Record<Extract<Row, { name: Name }>['labels'][number], string>>;

/** The names that definitions give: the only open label values there are. */
type DefinedNames = {
  readonly triggers: Iterable<string>;
  readonly sources: Iterable<string>;
  readonly targets: Iterable<string>;
};

/** What the service measures. A label value that no definition and no closed list knows is written as `other`. */
export type Metrics = {
  /** Adds `by` (default 1) to a counter. */
  count<Name extends NameOf<'counter'>>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  /** Sets a gauge. */
  set<Name extends NameOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** Puts one value (seconds, or a number of things) into a histogram. */
  observe<Name extends NameOf<'histogram'>>(name: Name, labels: LabelsOf<Name>, value: number): void;
  /** Tells which names are defined now; series of names that are gone are dropped. */
  define(names: DefinedNames): void;
  /** The exposition text for `GET /metrics`. */
  text(): Promise<string>;
  readonly contentType: string;
};

/** What stands for a value that is not known: keeps the number of series bounded whatever arrives. */
const OTHER = 'other';

/** What `POST /events` and emitted events count as; they need no definition. */
const BUILT_IN_SOURCES = ['events', 'signalbox'];

/** Label sets remembered as checked; values nobody defined could otherwise fill memory. */
const LABELS_REMEMBERED_MAX = 10_000;

type Instrument = Counter | Gauge | Histogram;
type Labels = Readonly<Record<string, string>>;

function instrument(row: MetricDefinition, register: Registry): Instrument {
  const config = { name: row.name, help: row.help, labelNames: [...row.labels], registers: [register] };
  if (row.type === 'histogram') return new Histogram({ ...config, buckets: [...row.buckets] });
  return row.type === 'counter' ? new Counter(config) : new Gauge(config);
}

/** The label values that may be written, by label. */
function knownValues(names: DefinedNames): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map([
    ['trigger', new Set(names.triggers)],
    ['source', new Set([...BUILT_IN_SOURCES, ...names.sources])],
    ['target', new Set(names.targets)],
  ]);
}

/** Builds the metrics on a registry of their own, with the process's default metrics. `version` goes to build_info. */
export function createMetrics(options: { readonly version: string }): Metrics {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const rows = new Map<string, MetricDefinition>(METRICS.map((row) => [row.name, row]));
  const instruments = new Map(METRICS.map((row) => [row.name, instrument(row, register)]));
  const written = new Map<string, { readonly name: Row['name']; readonly labels: Labels }>();
  let known = knownValues({ triggers: [], sources: [], targets: [] });

  const allowed = (name: string, label: string, value: string): boolean => {
    if (label === 'version') return value === options.version;
    const closed = rows.get(name)?.closed?.[label];
    return (closed ? CLOSED_LABELS[closed] : known.get(label))?.has(value) ?? false;
  };
  // Counting happens several times an event: labels asked for before are looked up, not checked again.
  const checked = new Map<string, Labels>();
  const bounded = (name: Row['name'], labels: Labels): Labels => {
    const asked = `${name}\0${Object.values(labels).join('\0')}`;
    const before = checked.get(asked);
    if (before) return before;
    const safe = Object.fromEntries(
      Object.entries(labels).map(([label, value]) => [label, allowed(name, label, value) ? value : OTHER]),
    );
    written.set(JSON.stringify([name, safe]), { name, labels: safe });
    if (checked.size < LABELS_REMEMBERED_MAX) checked.set(asked, safe);
    return safe;
  };
  const metrics: Metrics = {
    count: (name, labels, by = 1) => {
      const counter = instruments.get(name);
      if (counter instanceof Counter) counter.inc(bounded(name, labels), by);
    },
    set: (name, labels, value) => {
      const gauge = instruments.get(name);
      if (gauge instanceof Gauge) gauge.set(bounded(name, labels), value);
    },
    observe: (name, labels, value) => {
      const histogram = instruments.get(name);
      if (histogram instanceof Histogram) histogram.observe(bounded(name, labels), value);
    },
    define: (names) => {
      known = knownValues(names);
      checked.clear();
      for (const [series, { name, labels }] of written) {
        if (Object.entries(labels).every(([label, value]) => value === OTHER || allowed(name, label, value))) continue;
        instruments.get(name)?.remove(labels);
        written.delete(series);
      }
    },
    text: () => register.metrics(),
    contentType: register.contentType,
  };
  metrics.set('signalbox_build_info', { version: options.version }, 1);
  return metrics;
}
