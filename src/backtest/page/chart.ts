import type { Bars } from '../timeline.ts';
import { html, type Markup } from './markup.ts';

/** The drawing in its own units; the page scales it to its width. */
const WIDTH = 1_000;
const EVENTS_HEIGHT = 46;
const HELD_TOP = EVENTS_HEIGHT + 5;
const HELD_HEIGHT = 6;
const RUNS_TOP = HELD_TOP + HELD_HEIGHT + 5;
const RUNS_HEIGHT = 26;
const HEIGHT = RUNS_TOP + RUNS_HEIGHT + 1;
/** Moments named below a drawing. */
const MOMENTS = 5;
const DAY_MS = 86_400_000;

/** What a drawing shows. Moments are epoch milliseconds. */
export type Drawn = {
  readonly bars: Bars;
  /** Times of a fixed schedule, where there are few enough to be told apart. */
  readonly ticks: readonly number[];
  /** What is drawn, for people who do not see it. */
  readonly title: string;
};

/** Events above, what was held as a band, runs below; a schedule's times as lines through all of it. */
export function chart({ bars, ticks, title }: Drawn): Markup {
  const { fromAt, widthMs, events, runs, held } = bars;
  // Whole bars: the last one is as wide as the others.
  const spanMs = Math.max(1, events.length * widthMs);
  const x = (at: number): number => Math.min(WIDTH, ((at - fromAt) / spanMs) * WIDTH);
  const columns = {
    left: (bin: number) => x(fromAt + bin * widthMs),
    right: (bin: number) => x(fromAt + (bin + 1) * widthMs),
  };
  const lines = ticks.map((at) => `M${round(x(at))} 0V${HEIGHT}`).join('');
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}">
      <path class="events" d="${columnsOf(events, columns, { top: 0, height: EVENTS_HEIGHT })}" />
      <path class="held" d="${bandsOf(held, columns)}" />
      <path class="runs" d="${columnsOf(runs, columns, { top: RUNS_TOP, height: RUNS_HEIGHT })}" />
      <path class="baseline" d="${lines}" />
      <path class="axis" d="M0 ${HEIGHT - 0.5}H${WIDTH}" />
    </svg>
    <div class="moments">${momentsOf(fromAt, spanMs)}</div>`;
}

type Columns = { readonly left: (bin: number) => number; readonly right: (bin: number) => number };

/** One path of bars that stand on the lower edge; the highest fills the height, the smallest can still be seen. */
function columnsOf(
  counts: readonly number[],
  { left, right }: Columns,
  { top, height }: { readonly top: number; readonly height: number },
): string {
  const most = Math.max(1, ...counts);
  return counts
    .map((count, bin) => {
      if (count === 0) return '';
      const [from, to] = [left(bin), right(bin)];
      const tall = Math.max(2, (count / most) * height);
      // A gap between bars that are wide enough, and no bar so thin that it is lost.
      const wide = Math.max(1, to - from > 4 ? to - from - 1 : to - from);
      return `M${round(from)} ${round(top + height - tall)}h${round(wide)}v${round(tall)}h${round(-wide)}z`;
    })
    .join('');
}

/** What is held from one bar to the next is one band. */
function bandsOf(held: readonly boolean[], { left, right }: Columns): string {
  return held
    .map((isHeld, bin) => {
      if (!isHeld || held[bin - 1] === true) return '';
      const after = held.indexOf(false, bin);
      const last = after < 0 ? held.length - 1 : after - 1;
      const wide = Math.max(1, right(last) - left(bin));
      return `M${round(left(bin))} ${HELD_TOP}h${round(wide)}v${HELD_HEIGHT}h${round(-wide)}z`;
    })
    .join('');
}

function momentsOf(fromAt: number, spanMs: number): readonly Markup[] {
  return Array.from({ length: MOMENTS }, (_, index) => {
    const text = new Date(fromAt + (index / (MOMENTS - 1)) * spanMs).toISOString();
    return html`<span>${spanMs > 3 * DAY_MS ? text.slice(5, 10) : text.slice(5, 16).replace('T', ' ')}</span>`;
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
