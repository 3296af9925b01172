import { eventFromJson } from '../connectors/cloud-event.ts';
import type { CloudEvent } from '../spec/event.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { ScenarioFile, ScenarioSpec } from '../spec/scenario.ts';
import type { Definitions, LoadedTrigger } from './definitions.ts';
import type { YamlDocument } from './document.ts';
import { error, type Finding, inReadingOrder, type Path, type Problem } from './finding.ts';
import { didYouMean } from './nearest.ts';
import type { Parsed } from './parse.ts';
import { PayloadFiles } from './payload.ts';

/** Most events of one scenario, repetitions counted: they are all in memory. */
const EVENTS_MAX_COUNT = 100_000;

/** One event of a scenario, complete. `atMs` counts from the start. */
export type ScenarioEvent = { readonly atMs: number; readonly event: CloudEvent };

/** A scenario that can be run: its events in the order of their moments, as they stand in the file within one. */
export type LoadedScenario = {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly trigger: LoadedTrigger;
  /** What the clock says at 0s, epoch milliseconds. */
  readonly startAt: number;
  readonly events: readonly ScenarioEvent[];
  readonly spec: ScenarioSpec;
};

/** Reads the payloads of scenarios and checks each against the definitions; one with an error is left out. */
export async function loadScenarios(
  scenarios: readonly Parsed<ScenarioFile>[],
  definitions: Definitions,
): Promise<{ readonly scenarios: readonly LoadedScenario[]; readonly findings: readonly Finding[] }> {
  const payloads = new PayloadFiles();
  const loaded: LoadedScenario[] = [];
  const findings: Finding[] = [];
  for (const { file, document } of scenarios) {
    const reader = new ScenarioReader(file, document, definitions, payloads);
    const scenario = await reader.read();
    findings.push(...reader.problems.map((problem) => document.place(problem)));
    if (scenario && reader.problems.length === 0) loaded.push(scenario);
  }
  return { scenarios: loaded, findings: inReadingOrder(findings) };
}

class ScenarioReader {
  readonly problems: Problem[] = [];
  readonly #file: ScenarioFile;
  readonly #document: YamlDocument;
  readonly #triggers: Definitions['triggers'];
  readonly #payloads: PayloadFiles;
  readonly #startAt: number;

  constructor(file: ScenarioFile, document: YamlDocument, definitions: Definitions, payloads: PayloadFiles) {
    this.#file = file;
    this.#document = document;
    this.#triggers = definitions.triggers;
    this.#payloads = payloads;
    this.#startAt = Date.parse(file.spec.startAt);
  }

  async read(): Promise<LoadedScenario | undefined> {
    const { metadata, spec } = this.#file;
    const trigger = this.#triggers.get(spec.trigger);
    if (!trigger) {
      const names = [...this.#triggers.keys()];
      const remedy = `${didYouMean(spec.trigger, names)}Define kind: Trigger with this name.`;
      this.problems.push(error(['spec', 'trigger'], `Trigger "${spec.trigger}" is not defined`, remedy));
    }
    this.#checkMoments();
    const events = await this.#events();
    const { file } = this.#document;
    const { line } = this.#document.place(error(['metadata', 'name'], '', ''));
    return trigger && { name: metadata.name, file, line, trigger, startAt: this.#startAt, events, spec };
  }

  #checkMoments(): void {
    const { until = Infinity, events, actions } = this.#file.spec;
    const late = 'comes after the end of the scenario';
    for (const [index, { at }] of actions.entries()) {
      if (at > until) this.#problem(['spec', 'actions', index, 'at'], late, 'Make until longer.');
    }
    for (const [index, { at, repeat, sameId }] of events.entries()) {
      const path: Path = ['spec', 'events', index];
      if (at + lengthOf(repeat) > until) this.#problem([...path, 'at'], late, 'Make until longer.');
      if (sameId !== undefined && !repeat) this.#problem([...path, 'sameId'], 'repeats nothing', 'Add repeat.');
    }
  }

  async #events(): Promise<readonly ScenarioEvent[]> {
    const entries: { readonly entry: ScenarioSpec['events'][number]; readonly written: readonly JsonObject[] }[] = [];
    for (const [index, entry] of this.#file.spec.events.entries()) {
      const place: Path = ['spec', 'events', index, 'file'];
      const written = 'file' in entry ? await this.#payload(entry.file, place) : [entry.event];
      entries.push({ entry, written });
    }
    const count = entries.reduce((sum, { entry, written }) => sum + written.length * (entry.repeat?.count ?? 1), 0);
    if (count > EVENTS_MAX_COUNT) {
      this.#problem(['spec', 'events'], `has ${count} events, more than ${EVENTS_MAX_COUNT}`, 'Repeat fewer.');
      return [];
    }
    const events: ScenarioEvent[] = [];
    for (const [index, { entry, written }] of entries.entries()) {
      const { at, repeat } = entry;
      const sameId = entry.sameId ?? repeat?.sameId ?? false;
      const path: Path = ['spec', 'events', index];
      for (const [position, members] of written.entries()) {
        const nth = written.length === 1 ? `${index + 1}` : `${index + 1}.${position + 1}`;
        for (let time = 0; time < (repeat?.count ?? 1); time += 1) {
          const atMs = at + time * (repeat?.every ?? 0);
          const id = time === 0 || sameId ? '' : `-${time + 1}`;
          const event = this.#event(members, { nth, suffix: id, atMs }, 'file' in entry ? 'file' : 'event', path);
          if (!event) break;
          events.push({ atMs, event });
        }
      }
    }
    return events.toSorted((a, b) => a.atMs - b.atMs);
  }

  /** The events of a payload file, as they are written. */
  async #payload(path: string, place: Path): Promise<readonly JsonObject[]> {
    const payload = await this.#payloads.read(this.#document.file, path);
    if (payload.ok) return payload.events;
    this.#problem(place, payload.message, payload.remedy);
    return [];
  }

  /** Fills in what is left out and checks the event as one that comes in is checked. */
  #event(
    members: JsonObject,
    { nth, suffix, atMs }: { readonly nth: string; readonly suffix: string; readonly atMs: number },
    where: 'file' | 'event',
    path: Path,
  ): CloudEvent | undefined {
    const filled: { readonly [name: string]: Json } = {
      specversion: '1.0',
      id: `${this.#file.metadata.name}-${nth}`,
      source: '/scenario',
      time: new Date(this.#startAt + atMs).toISOString(),
      ...members,
    };
    const { id } = filled;
    const reading = eventFromJson(typeof id === 'string' ? { ...filled, id: `${id}${suffix}` } : filled, '');
    if (reading.ok) return reading.event;
    const { detail, violations = [] } = reading.refusal;
    const [violation] = violations;
    const below = violation?.pointer.split('/').slice(1) ?? [];
    const remedy = where === 'file' ? 'Correct the event in the file.' : 'Correct the event.';
    this.#problem(where === 'file' ? [...path, 'file'] : [...path, 'event', ...below], lowerFirst(detail), remedy);
    return undefined;
  }

  #problem(path: Path, message: string, remedy: string): void {
    this.problems.push(error(path, message, remedy));
  }
}

function lengthOf(repeat: { readonly count: number; readonly every: number } | undefined): number {
  return repeat === undefined ? 0 : (repeat.count - 1) * repeat.every;
}

function lowerFirst(text: string): string {
  return `is ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
