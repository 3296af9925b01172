import type { Replayed } from '../core/lineage.ts';
import type { Offer } from '../core/offer.ts';
import type { ErrorCode } from '../errors.ts';
import type { LoadedSelector, LoadedTrigger } from '../load/definitions.ts';
import type { Expression } from '../match/expression.ts';
import { pruneTo } from '../match/prune.ts';
import type { Template } from '../match/template.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import { bodyHashOf, dedupeHashOf } from './event-id.ts';
import type { IncomingEvent } from './outcome.ts';

/** A key is text of 1 to 200 bytes: it stands in search attributes, metrics and timer labels. */
const KEY_MAX_BYTES = 200;

/** The highest order of a key is carried with it for a week. */
const ORDER_MAX_BYTES = 200;

/** What one trigger makes of one event. */
export type Offered =
  | { readonly kind: 'offer'; readonly offer: Offer }
  | { readonly kind: 'noMatch' }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly pointer: string; readonly detail: string };

type Variables = { readonly [name: string]: Json | undefined };
type Failed = Extract<Offered, { kind: 'failed' }>;
type Value = { readonly kind: 'value'; readonly value: Json } | Failed;

/**
 * Matches an event against a trigger and evaluates everything the trigger reads of it when it arrives. An expression that
 * fails is an outcome with its place, never a silent no.
 */
export function offerOf(trigger: LoadedTrigger, incoming: IncomingEvent, eventId: string, json: JsonObject): Offered {
  const { selectors, name, generation, labels } = trigger;
  for (const selector of selectors) {
    if (!mayTake(selector, incoming, json)) continue;
    const variables = { event: json, trigger: { name, generation, labels } };
    const selected = selector.when ? holds(selector.when, variables, `${selector.places.selector}/when`) : 'yes';
    if (selected === 'no') continue;
    if (selected !== 'yes') return selected;
    return map(trigger, selector, { eventId, ...incoming }, variables);
  }
  return NO_MATCH;
}

const NO_MATCH: Offered = { kind: 'noMatch' };

function mayTake({ source, pattern }: LoadedSelector, incoming: IncomingEvent, json: JsonObject): boolean {
  if (source !== undefined && source !== incoming.source) return false;
  return pattern === undefined || pattern.matches(json);
}

function holds(when: Expression, variables: Variables, pointer: string): 'yes' | 'no' | Failed {
  const evaluated = when.evaluate(variables);
  if (!evaluated.ok) return failed('filter_error', pointer, `${when.source}: ${evaluated.message}`);
  if (evaluated.value === true) return 'yes';
  if (evaluated.value === false) return 'no';
  return failed(
    'filter_error',
    pointer,
    `${when.source}: gave ${JSON.stringify(evaluated.value)}, expected true or false`,
  );
}

function map(
  trigger: LoadedTrigger,
  selector: LoadedSelector,
  incoming: IncomingEvent & { readonly eventId: string },
  variables: Variables & { event: JsonObject },
): Offered {
  const { event, eventId, receivedAt, traceparent, lineage, replayed } = incoming;
  const key = keyOf(selector.key, selector.places.key, variables);
  if (key.kind === 'failed') return key;
  const all = { key: key.text, ...variables };
  const collected = selector.collect && resolve(selector.collect, all, selector.places.collect);
  if (collected?.kind === 'failed') return collected;
  const identity = trigger.identity && resolve(trigger.identity, all, '/run/identity');
  if (identity?.kind === 'failed') return identity;
  const order = trigger.order && orderOf(trigger.order, all);
  if (order?.kind === 'failed') return order;
  const amount = trigger.amount && amountOf(trigger.amount, all);
  if (amount?.kind === 'failed') return amount;
  const by: Json[] = [];
  for (const [index, template] of trigger.dedupeBy.entries()) {
    const value = resolve(template, all, `/dedupe/by/${index}`);
    if (value.kind === 'failed') return value;
    by.push(value.value);
  }
  const timeMs = event.time === undefined ? Number.NaN : Date.parse(event.time);
  // A part that is there is told from one that is missing, even where nothing of it is read.
  const read = trigger.itemsRead ? variables.event : pruneTo(variables.event, trigger.reads);
  const isPart = selector.part !== undefined && trigger.reads.length > 0;
  const offer: Offer = {
    eventId,
    body: bodyHashOf(event),
    receivedAt,
    ...(Number.isFinite(timeMs) && { time: timeMs }),
    key: key.text,
    ...(by.length > 0 && { by: dedupeHashOf(replayed ? [replayed.replayId, ...by] : by) }),
    ...(selector.part !== undefined && { part: selector.part }),
    ...(order && { order: order.order }),
    ...(amount && { amount: amount.amount }),
    ...(trigger.sizeCounts && { size: Buffer.byteLength(JSON.stringify(variables.event)) }),
    ...(collected && { item: collected.value }),
    ...((isPart || Object.keys(read).length > 0) && { event: read }),
    ...(trigger.itemsRead && { whole: true }),
    ...(identity && { identity: identityOf(identity.value, replayed) }),
    ...(traceparent !== undefined && { traceparent }),
    ...(lineage && { lineage }),
    ...(replayed && { replayed }),
  };
  return { kind: 'offer', offer };
}

function keyOf(
  template: Template,
  place: string,
  variables: Variables,
): { readonly kind: 'key'; readonly text: string } | Failed {
  const value = resolve(template, variables, place);
  if (value.kind === 'failed') return value;
  const text = textOf(value.value);
  if (text === undefined) return failed('mapping_error', place, 'a key is text, a number or a boolean');
  if (text.includes('\0')) return failed('mapping_error', place, 'a key holds no NUL character: databases refuse it');
  const bytes = Buffer.byteLength(text);
  if (bytes >= 1 && bytes <= KEY_MAX_BYTES) return { kind: 'key', text };
  return failed('mapping_error', place, `a key has 1 to ${KEY_MAX_BYTES} bytes, this one ${bytes}`);
}

/** A replay means to run again what ran before, so it has identities of its own. */
function identityOf(value: Json, replayed: Replayed | undefined): string {
  const text = textOf(value) ?? JSON.stringify(value);
  return replayed ? `${replayed.replayId} ${text}` : text;
}

function orderOf(
  template: Template,
  variables: Variables,
): { readonly kind: 'order'; readonly order: number | string } | Failed {
  const value = resolve(template, variables, '/order/by');
  if (value.kind === 'failed') return value;
  const order = value.value;
  if (typeof order === 'number') return { kind: 'order', order };
  if (typeof order !== 'string') return failed('mapping_error', '/order/by', 'an order is a number or text');
  const bytes = Buffer.byteLength(order);
  if (bytes <= ORDER_MAX_BYTES) return { kind: 'order', order };
  return failed('mapping_error', '/order/by', `an order has at most ${ORDER_MAX_BYTES} bytes, this one ${bytes}`);
}

function amountOf(
  template: Template,
  variables: Variables,
): { readonly kind: 'amount'; readonly amount: number } | Failed {
  const value = resolve(template, variables, '/threshold/of');
  if (value.kind === 'failed') return value;
  if (typeof value.value === 'number') return { kind: 'amount', amount: value.value };
  return failed('mapping_error', '/threshold/of', `an amount is a number, this is ${JSON.stringify(value.value)}`);
}

function textOf(value: Json): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function resolve(template: Template, variables: Variables, pointer: string): Value {
  const resolved = template.resolve(variables);
  if (resolved.ok) return { kind: 'value', value: resolved.value };
  return failed('mapping_error', `${pointer}${resolved.pointer}`, `${resolved.expression}: ${resolved.message}`);
}

function failed(code: ErrorCode, pointer: string, detail: string): Failed {
  return { kind: 'failed', code, pointer, detail };
}
