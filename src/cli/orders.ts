import { explainOrders, isFired, isOrdered, isOrderedAll } from './orders-text.ts';
import type { Service } from './api.ts';
import { ask, type Asked, whoAmI } from './ask.ts';
import { couldNotRun, type ExitCode } from './exit.ts';
import { type Format, giveUp } from './output.ts';
import type { Json } from '../spec/json.ts';

/** All triggers one after the other may take longer than one. */
const ALL_TIMEOUT_MS = 120_000;

/** Which key of which trigger, or all of them, and who orders. */
export type Aim = { readonly key?: string; readonly all?: boolean; readonly by?: string };

/** Pauses or resumes a trigger, one of its keys, or every trigger. */
export async function pauseOrResume(
  kind: 'pause' | 'resume',
  trigger: string | undefined,
  { key, all = false, by = whoAmI() }: Aim,
  format: Format,
  service: Service,
): Promise<ExitCode> {
  if (all === (trigger !== undefined) || (all && key !== undefined)) {
    return giveUp(couldNotRun(`${kind} needs a trigger, or --all and nothing else`, 'Names: signalbox triggers'));
  }
  const asked: Asked = all
    ? { path: `/v1/${kind}`, body: { by }, timeoutMs: ALL_TIMEOUT_MS }
    : { path: pathOf(trigger, kind), body: { by, ...(key !== undefined && { key }) } };
  return ask(service, asked, format, (body) => {
    if (isOrderedAll(body)) return body.triggers.flatMap((one) => explainOrders(one, Date.now()));
    return isOrdered(body) ? explainOrders(body, Date.now()) : undefined;
  });
}

/** What to fire. `params` is JSON. */
export type Fire = {
  readonly key?: string;
  readonly force?: boolean;
  readonly params?: string;
  readonly id?: string;
  readonly by?: string;
};

/** Starts a run by hand. */
export async function fire(
  trigger: string,
  { key, force = false, params, id, by = whoAmI() }: Fire,
  format: Format,
  service: Service,
): Promise<ExitCode> {
  const given = params === undefined ? {} : parse(params);
  if (given === undefined) return giveUp(couldNotRun('--params is not JSON', 'Give an object: \'{"full": true}\''));
  const body = { by, force, ...(key !== undefined && { key }), ...(params !== undefined && { params: given }) };
  const headers = id === undefined ? {} : { 'idempotency-key': id };
  return ask(service, { path: pathOf(trigger, 'fire'), body, headers }, format, (answer) =>
    isFired(answer) ? explainOrders(answer, Date.now()) : undefined,
  );
}

/** Opens or closes the breaker of a trigger by hand. */
export async function breaker(
  trigger: string,
  state: 'open' | 'closed',
  { key, by = whoAmI() }: Aim,
  format: Format,
  service: Service,
): Promise<ExitCode> {
  const body = { by, state, ...(key !== undefined && { key }) };
  return ask(service, { path: pathOf(trigger, 'breaker'), body }, format, (answer) =>
    isOrdered(answer) ? explainOrders(answer, Date.now()) : undefined,
  );
}

function pathOf(trigger = '', kind: string): string {
  return `/v1/triggers/${encodeURIComponent(trigger)}/${kind}`;
}

/** JSON that a person wrote; undefined where it is none. */
export function parse(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
