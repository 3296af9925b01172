import { proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import type { DeadLetterInput } from '../../src/contract/messages.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import { type DeadLetterEntry, partsOf } from '../../src/core/dead-letters.ts';
import type { Effect } from '../../src/core/effect.ts';
import { explain } from '../../src/core/explain.ts';
import type { RunRequest } from '../../src/core/fact.ts';
import type { TriggerState } from '../../src/core/state.ts';
import { timeText } from './text.ts';

const { openDeadLetters } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'open dead letters' });

/** Entries written by one activity: well under one payload's 2 MB and the activity's time. */
const CHUNK_ENTRIES = 200;
const CHUNK_BYTES = 512 * 1_024;

type Letter = { readonly letter: DeadLetterInput; readonly entries: readonly DeadLetterEntry[] };

/** Writes what an instance cannot decide into dead letters, entries of one place together. */
export class Letters {
  /** Those on their way. They are not carried over continue-as-new, so it waits for them. */
  readonly pending = new Set<DeadLetterInput>();

  /** Writes the events that a step dead-lettered. */
  events(state: TriggerState, effects: readonly Extract<Effect, { kind: 'deadLetter' }>[]): void {
    const byCode = new Map<string, DeadLetterEntry[]>();
    for (const { eventId, key, event, receivedAt, code, reason } of effects) {
      const entry = { at: receivedAt, id: eventId, key, detail: explain(reason, timeText), ...(event && { event }) };
      const entries = byCode.get(code) ?? [];
      entries.push(entry);
      byCode.set(code, entries);
    }
    for (const [code, entries] of byCode) {
      const stage = effects.find((effect) => effect.code === code)?.stage ?? 'dedupe';
      this.write({ letter: letterOf(state, code, stage), entries });
    }
  }

  /** Writes the events of a run whose id another run has. */
  conflict(state: TriggerState, run: RunRequest, at: number): void {
    const { runId, key, items } = run;
    const detail = `Run ${runId} exists with other members.`;
    const entries = items.map(({ eventId, value }) => {
      return { at, id: eventId, key, detail, ...(value !== undefined && { event: { runId, item: value } }) };
    });
    this.write({ letter: letterOf(state, 'run_id_conflict', '/run/identity'), entries });
  }

  /** Writes dead letters that an ended run of the instance did not confirm. */
  again(letters: readonly DeadLetterInput[]): void {
    for (const { entries, ...letter } of letters) this.write({ letter: { ...letter, entries: [] }, entries });
  }

  private write({ letter, entries }: Letter): void {
    for (const chunk of partsOf(entries, { most: CHUNK_ENTRIES, bytes: CHUNK_BYTES })) {
      const written = { ...letter, entries: chunk };
      this.pending.add(written);
      void openDeadLetters([written]).finally(() => this.pending.delete(written));
    }
  }
}

function letterOf({ definition }: TriggerState, code: string, place: string): DeadLetterInput {
  const { name, generation, run } = definition;
  return { version: 1, of: 'events', trigger: name, generation, code, place, target: run.target, entries: [] };
}
