import type { CorrelateSettings } from '../../spec/definition.ts';
import type { Effect } from '../effect.ts';
import { expiresAt } from '../due.ts';
import type { Draft } from '../fact.ts';
import type { Reason } from '../reason.ts';
import type { Join, KeyState, Part } from '../state.ts';
import { bare, joined, type Unit } from '../unit.ts';
import { valueBytes } from '../weight.ts';
import type { View, Windowed, WindowStage } from './stage.ts';

const stage = 'correlate';

/** The events of these parts as one, in the order in which they came. */
function unitOfParts(parts: readonly Part[]): Unit | undefined {
  const [first, ...others] = parts.map((part) => part.unit);
  return first && joined(first, ...others);
}

function missingOf({ parts, settings }: Join): readonly string[] {
  return settings.parts.filter((name) => !parts.some((part) => part.name === name));
}

/** What `onDeadline` makes of parts that are there while others are missing. */
function giveUp(key: string, join: Join, parts: readonly Part[]): Windowed {
  const { settings } = join;
  const taken: Draft = { kind: 'partsTaken', key, parts: parts.map((part) => part.name) };
  if (settings.onDeadline === 'fire') {
    const unit = unitOfParts(parts);
    return { drafts: [taken], ...(unit && { out: [{ unit, cause: 'deadline' }] }) };
  }
  const reason: Reason = { kind: 'partMissing', missing: missingOf(join), withinMs: settings.withinMs };
  const drafts: Draft[] = [taken];
  const effects: Effect[] = [];
  for (const { unit } of parts) {
    const { items, receivedAt, last } = unit;
    const eventIds = items.map((item) => item.eventId);
    if (settings.onDeadline === 'drop') {
      drafts.push({ kind: 'eventsSuppressed', key, eventIds, stage, reason });
      continue;
    }
    const code = 'part_missing';
    for (const eventId of eventIds) {
      drafts.push({ kind: 'eventDeadLettered', key, eventId, stage, code, reason });
      const event = last.event && { event: last.event };
      effects.push({ kind: 'deadLetter', key, eventId, receivedAt, stage, code, reason, ...event });
    }
  }
  return { drafts, effects };
}

/** The settings a part goes by: those of the open join, unless they do not know it and the current ones do. */
function settingsFor(view: View, join: Join | undefined, part: string): CorrelateSettings | undefined {
  if (join?.settings.parts.includes(part)) return join.settings;
  const current = view.definition.correlate;
  return current?.parts.includes(part) ? current : undefined;
}

function fill(view: View, key: string, join: Join | undefined, unit: Unit, name: string): Windowed {
  const settings = settingsFor(view, join, name);
  if (settings === undefined) return { drafts: [], out: [{ unit, cause: 'events' }] };
  const orphans = (join?.parts ?? []).filter((part) => !settings.parts.includes(part.name));
  const given = join && orphans.length > 0 ? giveUp(key, join, orphans) : { drafts: [] };
  const known = (join?.parts ?? []).filter((part) => !orphans.includes(part));
  const replaced = known.find((part) => part.name === name);
  const drafts: Draft[] = [...given.drafts];
  if (replaced) {
    const eventIds = replaced.unit.items.map((item) => item.eventId);
    const reason: Reason = { kind: 'superseded', keep: 'part', part: name };
    drafts.push({ kind: 'eventsSuppressed', key, eventIds, stage, reason });
  }
  const filled: Part = { name, expiresAt: view.at + settings.withinMs, unit: bare(unit) };
  drafts.push({ kind: 'partFilled', key, part: name, settings, expiresAt: filled.expiresAt, unit: filled.unit });
  const parts = [...known.filter((part) => part !== replaced), filled];
  const out = [...(given.out ?? [])];
  if (settings.parts.every((needed) => parts.some((part) => part.name === needed))) {
    drafts.push({ kind: 'partsTaken', key, parts: parts.map((part) => part.name) });
    const all = unitOfParts(parts);
    if (all) out.push({ unit: all, cause: 'events' });
  }
  return { drafts, out, ...(given.effects && { effects: given.effects }) };
}

/**
 * Events of all parts for one key make one run. A part is filled by the latest event; complete, all go on and never join
 * again. A part that has waited `within` is dropped or dead-lettered by itself, or fires with all that are there.
 */
export const correlate: WindowStage = {
  name: stage,
  applies: (view, key, unit) => unit.part !== undefined && settingsFor(view, key?.join, unit.part) !== undefined,
  enter: (view, key, state, unit) => fill(view, key, state?.join, unit, unit.part ?? ''),
  heldBytes: (state) => (state?.join?.parts ?? []).reduce((sum, { unit }) => sum + valueBytes(unit.items), 0),
  dueAt: ({ join }: KeyState) => join && expiresAt(join),
  end(view, key, { join }) {
    if (!join) return { drafts: [] };
    const fires = join.settings.onDeadline === 'fire';
    const over = fires ? join.parts : join.parts.filter((part) => part.expiresAt <= view.at);
    return giveUp(key, join, over);
  },
};
