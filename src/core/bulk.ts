/** What became of one dead letter that a bulk replay came to. */
export type LetterOutcome =
  | { readonly deadLetterId: string; readonly kind: 'replayed'; readonly runId?: string }
  /** Somebody else deals with it or has, so it was left alone. */
  | (NotReplayed & { readonly kind: 'skipped' })
  /** It was asked, and stays open, or a part of it. */
  | (NotReplayed & { readonly kind: 'refused' });

type NotReplayed = { readonly deadLetterId: string; readonly code: string; readonly detail: string };

/** A dead letter that goes before the others, and how the run of its replay ended. */
export type Canary = {
  readonly deadLetterId: string;
  readonly runId?: string;
  readonly status?: string;
};

/** How fast: `perSecond` dead letters, of which `begun` went since `fromAt`, epoch milliseconds. */
export type Pace = { readonly perSecond: number; readonly fromAt: number; readonly begun: number };

/** A bulk replay, as far as it is. Changed in place by the functions here. */
export type Bulk = {
  /** Epoch milliseconds. */
  startedAt: number;
  /** Names of the dead letters that are left, the oldest first. */
  readonly left: string[];
  /** How many it came to. Their numbers are 1 to this one. */
  begun: number;
  /** Dead letters that fit the filter and are left to another bulk replay. */
  readonly beyond: number;
  readonly counts: Record<LetterOutcome['kind'], number>;
  /** How many were not replayed, by code. */
  readonly codes: [code: string, count: number][];
  /** What was not replayed, the latest last. */
  readonly notes: Exclude<LetterOutcome, { kind: 'replayed' }>[];
  readonly canaries: Canary[];
  /** From when on it is paced, and how many have gone since. */
  paced?: { fromAt: number; begun: number };
  ended?: BulkEnd;
};

/** Why it goes no further. */
export type BulkEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'canaryFailed'; readonly why: string }
  | { readonly kind: 'stopped'; readonly by: string; readonly reason?: string };

/** What was not replayed and is named; of more only the code is counted. */
const NOTES_MAX = 100;
/** Characters kept of why one was not replayed. */
const DETAIL_MAX_CHARS = 300;
/** Codes that are told apart: the catalogue has fewer that a replay can be refused with. */
const CODES_MAX = 40;
/** Dead letters that go at once at most: what one activity does in a few seconds. */
const AT_ONCE_MAX = 100;
/** What is late by more than this was held up by something: the pace goes on from now, it is not made up for. */
const LAG_MAX_MS = 5_000;
/** Notes shown to people in the details. */
const SHOWN_MAX = 10;

/** A bulk replay of these dead letters, which has not begun. */
export function newBulk(startedAt: number, left: readonly string[], beyond: number): Bulk {
  const counts = { replayed: 0, skipped: 0, refused: 0 };
  return { startedAt, left: [...left], begun: 0, beyond, counts, codes: [], notes: [], canaries: [] };
}

/** Takes the next dead letters out of those that are left, each with its number. */
export function take(bulk: Bulk, count: number): readonly { readonly named: string; readonly ordinal: number }[] {
  return bulk.left.splice(0, count).map((named) => ({ named, ordinal: (bulk.begun += 1) }));
}

/** Counts what became of dead letters. */
export function tally(bulk: Bulk, outcomes: readonly LetterOutcome[]): void {
  for (const outcome of outcomes) {
    bulk.counts[outcome.kind] += 1;
    if (outcome.kind === 'replayed') continue;
    const known = bulk.codes.find(([code]) => code === outcome.code);
    if (known) known[1] += 1;
    else if (bulk.codes.length < CODES_MAX) bulk.codes.push([outcome.code, 1]);
    bulk.notes.push({ ...outcome, detail: outcome.detail.slice(0, DETAIL_MAX_CHARS) });
    if (bulk.notes.length > NOTES_MAX) bulk.notes.shift();
  }
}

/**
 * How many may go now, and when the next may, epoch milliseconds. They go in groups, one a second or fewer; what was held
 * up for a moment is caught up with, what was held up for longer moves the pace: `fromAt` is the one to go on with.
 */
export function paced(
  { perSecond, fromAt, begun }: Pace,
  now: number,
): { readonly due: number; readonly nextAt: number; readonly fromAt: number } {
  const group = Math.max(1, Math.floor(perSecond));
  const everyMs = (group * 1_000) / perSecond;
  const lagMs = now - (fromAt + Math.floor(begun / group) * everyMs);
  const from = lagMs > LAG_MAX_MS ? fromAt + lagMs : fromAt;
  const due = (Math.floor((now - from) / everyMs) + 1) * group - begun;
  const nextAt = Math.ceil(from + Math.ceil(begun / group) * everyMs);
  return { due: Math.min(AT_ONCE_MAX, Math.max(0, due)), nextAt, fromAt: from };
}

/** Why the rest does not go after its canaries; undefined where all of them ended well. */
export function canaryFault(canaries: readonly Canary[]): string | undefined {
  const bad = canaries.find(({ status }) => status !== undefined && status !== 'succeeded');
  return bad && `Run ${bad.runId} of the canary ${bad.deadLetterId} ended as ${bad.status}.`;
}

/** Where it is, in Markdown. */
export function bulkText(bulk: Bulk, timeText: (at: number) => string): string {
  const { counts, left, begun, beyond, codes, notes } = bulk;
  const why = codes.map(([code, count]) => `${count} ${code}`).join(', ');
  return [
    `**${counts.replayed} of ${begun + left.length}** dead letters replayed, ${left.length} left; begun at ${timeText(bulk.startedAt)}`,
    ...(counts.skipped + counts.refused > 0 ? [`${counts.skipped} skipped and ${counts.refused} refused: ${why}`] : []),
    ...(beyond > 0 ? [`${beyond} more fit the filter: they are left to another bulk replay`] : []),
    ...bulk.canaries.map(({ deadLetterId, runId, status = 'goes on' }) =>
      runId === undefined ? `Canary \`${deadLetterId}\`` : `Canary \`${deadLetterId}\`: run \`${runId}\` ${status}`,
    ),
    ...(bulk.ended ? [endText(bulk.ended)] : ['The update `stop` ends it: `{ "by": "…", "reason": "…" }`.']),
    ...notes.slice(-SHOWN_MAX).map(({ deadLetterId, code, detail }) => `- \`${deadLetterId}\` ${code}: ${detail}`),
  ].join('\n\n');
}

function endText(end: BulkEnd): string {
  switch (end.kind) {
    case 'done':
      return '**Done.**';
    case 'canaryFailed':
      return `**The canary failed**, so the rest stays as it is: ${end.why}`;
    case 'stopped':
      return `**Stopped** by ${end.by}${end.reason === undefined ? '' : `: ${end.reason}`}`;
  }
}
