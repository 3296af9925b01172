import type { Client } from '@temporalio/client';

import { deadLetterQuery as heldQuery, letterBriefQuery } from '../contract/definitions.ts';
import type { DeadLetterInput, LetterBrief, LetterEnd } from '../contract/messages.ts';
import { deadLetterIdOf, SEARCH_ATTRIBUTE } from '../contract/names.ts';
import { type Refusal, refusal } from '../errors.ts';
import { rfc3339 as text } from '../explain/answer.ts';
import { letterStanding } from '../temporal/letter-standing.ts';
import { isNotFound } from '../temporal/not-found.ts';
import { lettersQuery } from '../temporal/visibility.ts';
import { nextOf, tokenOf } from './page-token.ts';
import type { DeadLetterDetail, DeadLetterQuery, DeadLetterSummary, ReadApi, ReadResult } from './read-api.ts';
import { rfc3339, valuesOf } from './run-list.ts';
import { away } from './temporal-answer.ts';

/** A list that Temporal does not answer within this is a refusal. */
const LIST_DEADLINE_MS = 5_000;
/** A dead letter that does not answer within this is listed without what it holds. */
const BRIEF_DEADLINE_MS = 3_000;
/** One is up to 1.5 MB. */
const DETAIL_DEADLINE_MS = 8_000;
/** Dead letters asked at the same time. */
const AT_ONCE = 8;

/** Reads dead letters: lists from visibility, which lags a little, what they hold from themselves. */
export function createDeadLetterReads(client: Client, now: () => number): Pick<ReadApi, 'deadLetters' | 'deadLetter'> {
  return {
    deadLetters: async (query) => {
      try {
        return await list(client, query, now);
      } catch (error) {
        return away(error);
      }
    },
    deadLetter: async (named) => {
      try {
        return await detail(client, named, now);
      } catch (error) {
        return isNotFound(error) ? noLetter(named) : away(error);
      }
    },
  };
}

/** The answer where no dead letter has the id. */
export function noLetter(named: string): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: refusal('not_found', `No dead letter has the id ${named.slice(0, 200)}.`) };
}

async function list(
  client: Client,
  { limit, page, ...query }: DeadLetterQuery,
  now: () => number,
): ReturnType<ReadApi['deadLetters']> {
  const token = page === undefined ? undefined : tokenOf(page);
  if (page !== undefined && !token) {
    const violations = [{ pointer: '/page', message: 'is not the `next` of a page' }];
    return { ok: false, refusal: refusal('malformed_request', 'The page is not one of this list.', { violations }) };
  }
  const listed = await client.withDeadline(now() + LIST_DEADLINE_MS, () =>
    client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      query: lettersQuery(query),
      pageSize: limit,
      ...(token && { nextPageToken: token }),
    }),
  );
  const summaries = new Map<string, DeadLetterSummary>();
  const waiting = listed.executions.map((execution) => {
    const deadLetterId = execution.execution?.workflowId ?? '';
    const attributes = new Map(Object.entries(valuesOf(execution.searchAttributes?.indexedFields)));
    const known = { attributes, memo: valuesOf(execution.memo?.fields), openedAt: rfc3339(execution.startTime) };
    summaries.set(deadLetterId, summaryOf(deadLetterId, known));
    return { deadLetterId, known };
  });
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const handle = client.workflow.getHandle(next.deadLetterId);
      const asked = client.withDeadline(now() + BRIEF_DEADLINE_MS, () => handle.query(letterBriefQuery));
      const brief = await asked.catch(() => undefined);
      summaries.set(next.deadLetterId, summaryOf(next.deadLetterId, next.known, brief));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const next = nextOf(listed.nextPageToken);
  const wanted = [...summaries.values()].filter(({ key }) => query.key === undefined || key === query.key);
  return { ok: true, value: { deadLetters: wanted, ...(next !== undefined && { next }) } };
}

/** What Temporal keeps beside the history of a dead letter. */
type Known = {
  readonly attributes: ReadonlyMap<string, unknown>;
  readonly memo: { readonly [name: string]: unknown };
  readonly openedAt: string | undefined;
};

function summaryOf(
  deadLetterId: string,
  { attributes, memo, openedAt }: Known,
  brief?: LetterBrief,
): DeadLetterSummary {
  const attribute = (name: string): string | undefined => {
    const value = attributes.get(name);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? first : undefined;
  };
  const key = attribute(SEARCH_ATTRIBUTE.key.name);
  const target = attribute(SEARCH_ATTRIBUTE.target.name);
  const { place } = memo;
  return {
    deadLetterId,
    kind: deadLetterId.split('/').length === 2 ? 'run' : 'events',
    trigger: attribute(SEARCH_ATTRIBUTE.trigger.name) ?? '',
    code: attribute(SEARCH_ATTRIBUTE.outcome.name) ?? '',
    place: typeof place === 'string' ? place : '',
    ...(target !== undefined && { target }),
    ...(key !== undefined && { key }),
    openedAt: brief && brief.sinceAt > 0 ? text(brief.sinceAt) : (openedAt ?? text(0)),
    ...(brief && { count: brief.count, detail: brief.detail, attempts: brief.attempts }),
  };
}

async function detail(client: Client, named: string, now: () => number): Promise<ReadResult<DeadLetterDetail>> {
  const deadLetterId = deadLetterIdOf(named);
  const standing = await client.withDeadline(now() + DETAIL_DEADLINE_MS, () => letterStanding(client, deadLetterId));
  if (standing.kind === 'unknown') return noLetter(named);
  const handle = client.workflow.getHandle(deadLetterId);
  const held = await client.withDeadline(now() + DETAIL_DEADLINE_MS, () => handle.query(heldQuery));
  const end = standing.kind === 'closed' ? standing.end : undefined;
  return { ok: true, value: detailOf(deadLetterId, held, standing.openedAt, end) };
}

function detailOf(
  deadLetterId: string,
  held: DeadLetterInput,
  startedAt: Date,
  end: LetterEnd | undefined,
): DeadLetterDetail {
  const { of: kind, trigger, code, place, generation, target, entries, beyond = 0, handling } = held;
  const [first] = entries;
  const { edited, refused } = handling ?? {};
  return {
    deadLetterId,
    kind,
    trigger,
    code,
    place,
    generation,
    state: stateOf(end),
    ...(target !== undefined && { target }),
    ...(kind === 'run' && first?.key !== undefined && { key: first.key }),
    openedAt: text(first?.at ?? startedAt.getTime()),
    count: entries.length + beyond,
    beyond,
    detail: entries.at(-1)?.detail ?? '',
    attempts: handling?.attempts ?? 0,
    entries: entries.map(({ run: _shownBeside, at, ...entry }) => ({ ...entry, at: text(at) })),
    ...runOf(held),
    ...(edited && { edited: { by: edited.by, at: text(edited.at) } }),
    ...(refused && { refused: { ...refused, at: text(refused.at) } }),
    ...(end && { closed: closedOf(end) }),
  };
}

function stateOf(end: LetterEnd | undefined): DeadLetterDetail['state'] {
  if (!end) return 'open';
  return 'discarded' in end ? 'discarded' : 'replayed';
}

/** How a dead letter was closed, for people. */
function closedOf(end: LetterEnd): NonNullable<DeadLetterDetail['closed']> {
  if ('discarded' in end) return { reason: end.discarded, ...(end.by !== undefined && { by: end.by }) };
  const of = whatCameOf(end);
  const { by, reason, bulk: replayId } = end;
  return { ...of, by, ...(reason !== undefined && { reason }), ...(replayId !== undefined && { replayId }) };
}

function whatCameOf(end: Exclude<LetterEnd, { discarded: string }>) {
  if ('replayed' in end) return { runId: end.replayed };
  return 'taken' in end ? { events: end.taken } : { called: end.called };
}

/** The run of a dead letter, and the parameters its replay would have as far as they are known. */
function runOf({ of: kind, entries: [entry], handling }: DeadLetterInput): Pick<DeadLetterDetail, 'run' | 'params'> {
  if (kind !== 'run' || !entry) return {};
  const params = handling?.edited?.params ?? entry.event?.['params'];
  const known = params === undefined ? {} : { params };
  if (!entry.run) return known;
  const { runId, settings, cause, items, replays } = entry.run;
  const eventIds = items.map(({ eventId }) => eventId);
  const run = { runId, kind: settings.kind, cause, eventCount: items.length, eventIds, ...(replays && { replays }) };
  return { ...known, run };
}
