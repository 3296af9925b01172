import { ApplicationFailure, log, proxyActivities } from '@temporalio/workflow';

import type { Activities } from '../../activities/interface.ts';
import { PARAMS_MAX_BYTES } from '../../src/contract/limits.ts';
import type {
  DeadLetterInput,
  LetterBrief,
  LetterEdit,
  LetterEnd,
  LetterHandling,
  LetterOrder,
  LetterReplay,
  ReplayEnd,
} from '../../src/contract/messages.ts';
import { TEMPORAL_CALLS } from '../../src/contract/presets.ts';
import { readEntries } from '../../src/contract/read-messages.ts';
import { isLetterEdit, isLetterOrder } from '../../src/contract/read-orders.ts';
import {
  addEntry,
  type CallAgain,
  deadLetterText,
  type Held,
  letGo,
  notReplayable,
  partsOf,
} from '../../src/core/dead-letters.ts';
import type { RunRequest } from '../../src/core/fact.ts';
import { jsonBytes } from '../../src/core/json-bytes.ts';
import type { JsonObject } from '../../src/spec/json.ts';
import { callAgain } from './call-letter.ts';
import { timeText } from './text.ts';

const { replayEvents, replayRun } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'replay' });

/** A run of a dead letter takes this many signals, far under Temporal's 10,000. */
const SIGNALS_MAX = 1_000;
/** The same by what the entries and orders bring, far under Temporal's 50 MB: an entry brings up to 1 MB. */
const BROUGHT_MAX_BYTES = 8 * 1_024 * 1_024;

/** Entries that one activity offers again: well under one payload's 2 MB and the activity's time. */
const PART_ENTRIES = 200;
const PART_BYTES = 512 * 1_024;
/** Codes of events that never got to the instance, whose dead letters hold them whole. */
const OFFERED_AGAIN: ReadonlySet<string> = new Set(['filter_error', 'mapping_error']);

/** The shell of one dead letter: what it holds, and what people do with it. */
export class Letter {
  /** How it was closed. */
  end: LetterEnd | undefined;
  private readonly input: DeadLetterInput;
  private readonly held: Held;
  /** What came after it was discarded, in the same task: nobody has seen it. */
  private readonly after: Held = { entries: [], bytes: 0, beyond: 0 };
  private handling: LetterHandling;
  private replaying: Promise<LetterReplay> | undefined;
  private signals = 0;
  private bytes = 0;

  constructor(input: DeadLetterInput) {
    this.input = input;
    this.held = { entries: [...input.entries], bytes: 0, beyond: input.beyond ?? 0 };
    for (const entry of this.held.entries) this.held.bytes += jsonBytes(entry.event);
    this.handling = input.handling ?? { attempts: 0 };
  }

  /** It has taken so much that its history should begin anew. */
  get isFull(): boolean {
    return this.signals >= SIGNALS_MAX || this.bytes >= BROUGHT_MAX_BYTES;
  }

  /** What it holds now. */
  now(): DeadLetterInput {
    const { entries, beyond } = this.held;
    const { attempts, edited, refused } = this.handling;
    const isHandled = attempts > 0 || edited !== undefined || refused !== undefined;
    return { ...this.input, entries, beyond, ...(isHandled && { handling: this.handling }) };
  }

  /** What goes on although it was discarded: entries that nobody has seen. */
  unseen(): DeadLetterInput | undefined {
    const { entries, beyond } = this.after;
    const { handling: _ofTheOthers, ...input } = this.input;
    return entries.length > 0 ? { ...input, entries, beyond } : undefined;
  }

  /** The same in a line. */
  brief(): LetterBrief {
    const { entries, beyond } = this.held;
    return {
      count: entries.length + beyond,
      detail: entries.at(-1)?.detail ?? '',
      sinceAt: entries[0]?.at ?? 0,
      ...this.handling,
    };
  }

  text(): string {
    return deadLetterText(this.now(), this.held, timeText);
  }

  /** Takes entries in, whatever they are. */
  receive(batch: unknown): void {
    this.signals += 1;
    const { entries, refused } = readEntries(batch);
    if (refused.length > 0) log.error('a signal was left alone, or a part of it', { what: refused.join(', ') });
    for (const entry of entries) {
      this.bytes += jsonBytes(entry.event) + jsonBytes(entry.detail) + jsonBytes(entry.run);
      addEntry(this.end === undefined ? this.held : this.after, entry);
    }
  }

  /** A person is done with it. A replay that is under way and is taken says otherwise. */
  discard(discarded: string, by?: string): LetterEnd {
    this.end ??= { discarded, ...(by !== undefined && { by }) };
    return this.end;
  }

  /** Hands over what it holds. Whoever asks meanwhile gets the same answer. */
  replay(order: LetterOrder): Promise<LetterReplay> {
    this.replaying ??= this.handOver(order).finally(() => {
      this.replaying = undefined;
    });
    return this.replaying;
  }

  /** Keeps the parameters that its replay shall have. */
  edit({ params, by }: LetterEdit): JsonObject {
    this.bytes += jsonBytes(params);
    this.handling = { ...this.handling, edited: { params, by, at: Date.now() } };
    return params;
  }

  /** Refuses an order that makes no sense now, before it leaves a trace in history. */
  check(what: 'replay' | 'edit' | 'discard', order: unknown): void {
    if (!isLetterOrder(order) || (what === 'edit' && !isLetterEdit(order))) {
      throw failure(
        'malformed_request',
        `expected { by, reason }${what === 'edit' ? ' and { params }, at most 64' : ''}`,
      );
    }
    if (isLetterEdit(order) && jsonBytes(order.params) > PARAMS_MAX_BYTES) {
      throw failure('malformed_request', `params are larger than ${PARAMS_MAX_BYTES} bytes`);
    }
    if (this.end) throw failure('letter_closed', 'The dead letter is closed.');
    const isAlone = what !== 'replay' || order.bulk !== undefined;
    if (isAlone && this.replaying) throw failure('letter_replaying', 'A replay of it is under way.');
    const { edited } = this.handling;
    if (order.bulk && edited && edited.at >= order.bulk.since) {
      throw failure('letter_edited', `${edited.by} edited it at ${timeText(edited.at)}.`);
    }
    if (what === 'edit' && this.input.of !== 'run') throw failure('not_editable', 'It holds events, not a run.');
  }

  private async handOver({ by, reason, bulk }: LetterOrder): Promise<LetterReplay> {
    const attempt = this.handling.attempts + 1;
    this.handling = { ...this.handling, attempts: attempt };
    const [entry] = this.held.entries;
    const who = { by, ...(reason !== undefined && { reason }), ...(bulk && { bulk: bulk.id }) };
    if (this.input.of === 'events') return this.offerAgain(who);
    if (!entry?.run) return this.refused('not_replayable', notReplayable(this.input.code), by);
    if (entry.call) return this.call(entry.call, entry.run, attempt, who);
    const { edited } = this.handling;
    const { trigger } = this.input;
    const handed = await replayRun({ trigger, run: entry.run, attempt, by, ...(edited && { params: edited.params }) });
    if (!handed.ok) return this.refused(handed.code, handed.detail, by);
    this.end = { replayed: handed.runId, ...who };
    return { ...handed, open: false };
  }

  /** Makes a call again that a run made beside its course. */
  private async call(call: CallAgain, run: RunRequest, attempt: number, who: ReplayEnd): Promise<LetterReplay> {
    const { trigger } = this.input;
    const params = { ...call.params, ...this.handling.edited?.params };
    const fault = await callAgain({ version: 1, trigger, run }, { ...call, params }, attempt);
    if (fault) return this.refused('replay_refused', `${fault.code}: ${fault.detail}`, who.by);
    this.end = { called: call.target, ...who };
    return { ok: true, called: call.target, open: false };
  }

  /** Offers what failed on its way to the instance again; what is not taken stays, with why. */
  private async offerAgain(who: ReplayEnd): Promise<LetterReplay> {
    const { trigger, code } = this.input;
    if (!OFFERED_AGAIN.has(code)) {
      return this.refused('not_replayable', notReplayable(code), who.by);
    }
    const taken = new Set<string>();
    const reasons = new Map<string, string>();
    for (const entries of partsOf(this.held.entries, { most: PART_ENTRIES, bytes: PART_BYTES })) {
      for (const { id, taken: isTaken, detail } of await replayEvents({ trigger, entries })) {
        if (isTaken) taken.add(id);
        else if (detail !== undefined) reasons.set(id, detail);
      }
    }
    letGo(this.held, taken, reasons);
    const left = this.held.entries.length + this.held.beyond;
    const [why = 'Events that were only counted cannot be offered again.'] = reasons.values();
    if (taken.size === 0) return this.refused('replay_refused', why, who.by);
    if (left > 0) this.refused('replay_refused', why, who.by);
    else this.end = { taken: taken.size, ...who };
    return { ok: true, taken: taken.size, left, open: left > 0, ...(left > 0 && { why }) };
  }

  private refused(code: 'replay_refused' | 'not_replayable' | 'saturated', detail: string, by: string): LetterReplay {
    this.handling = { ...this.handling, refused: { code, detail, by, at: Date.now() } };
    return { ok: false, code, detail, open: true };
  }
}

function failure(code: string, detail: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(detail, code);
}
