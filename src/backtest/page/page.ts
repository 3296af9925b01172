import type { Report, TriggerReport, TriggerTimeline } from '../report.ts';
import { counted, number, shortTime, spread, waited } from '../wording.ts';
import { chart } from './chart.ts';
import { detailsOf } from './details.ts';
import { html, type Markup } from './markup.ts';
import { STYLE } from './style.ts';

/** Triggers that are drawn, those with the most events: a page of more is not looked at, and grows by 20 KB each. */
const DRAWN_MAX = 50;
/** Rows of the table. */
const ROWS_MAX = 1_000;

/** A condition that was asked about the report. */
export type Verdict = { readonly expression: string; readonly failed: boolean };

export type PageOptions = {
  readonly timelines: readonly TriggerTimeline[];
  /** Times of the schedule, epoch milliseconds, where there are few enough to draw. */
  readonly ticks: readonly number[];
  readonly verdict?: Verdict;
};

/** The report as one page that needs nothing else: no script, no network, every text in it escaped. */
export function pageOf(report: Report, options: PageOptions): string {
  const { span, input } = report;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>Backtest ${shortTime(span.from)} to ${shortTime(span.until)}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          <h1>Backtest</h1>
          <p class="soft">
            ${shortTime(span.from)} to ${shortTime(span.until)} UTC · ${counted(Math.round(span.days * 10) / 10, 'day')}
            · ${counted(input.events, 'event')} · ${counted(report.triggers.length, 'trigger')}
          </p>
          ${options.verdict && verdictOf(options.verdict)} ${figuresOf(report)} ${timelinesOf(report, options)}
          <h2>Figures</h2>
          ${tableOf(report)} ${notesOf(report)}
        </main>
      </body>
    </html> `.text;
}

function verdictOf({ expression, failed }: Verdict): Markup {
  return html`<p class="verdict ${failed ? 'failed' : 'passed'}">
    ${failed ? 'Failed' : 'Passed'} <code>--fail-if ${expression}</code>
  </p>`;
}

function figuresOf({ totals, schedule, costPerRun }: Report): Markup {
  const { baseline, live } = totals;
  const saves = baseline !== undefined && baseline.saved.runs >= 0;
  const wins = baseline !== undefined && totals.staleness.p95Ms <= baseline.staleness.p95Ms;
  return html`<div class="figures">
    <div class="figure">
      <b>${number(totals.runs)}</b>runs with ${counted(totals.eventsInRuns, 'event')}
      <p class="soft">
        ${number(totals.suppressed)} suppressed, ${number(totals.pending)} pending, ${number(totals.deadLetters)} dead
        letters
      </p>
    </div>
    ${
      baseline &&
      html`<div class="figure ${saves ? 'good' : 'bad'}">
        <b>${number(Math.abs(baseline.saved.percent))}<small> %</small></b
        >${saves ? 'fewer' : 'more'} runs than ${schedule}
        <p class="soft">${number(baseline.runs)} runs, ${number(baseline.emptyRuns)} of them with nothing new</p>
      </div>`
    }
    ${
      baseline?.saved.cost === undefined
        ? undefined
        : html`<div class="figure ${saves ? 'good' : 'bad'}">
            <b>${number(Math.abs(baseline.saved.cost))}</b>${saves ? 'saved' : 'more to pay'}
            <p class="soft">
              at ${number(costPerRun ?? 0)} a run, ${number(totals.cost ?? 0)} instead of ${number(baseline.cost ?? 0)}
            </p>
          </div>`
    }
    <div class="figure ${baseline ? (wins ? 'good' : 'bad') : ''}">
      <b>${waited(totals.staleness.p95Ms)}</b>data waits at most, 95 % of the time
      <p class="soft">
        ${waited(totals.staleness.p50Ms)} half of the
        time${baseline && html`; by the schedule ${spread(baseline.staleness)}`}
      </p>
    </div>
    ${
      live &&
      html`<div class="figure">
        <b><span class="plus">+${number(live.gained)}</span> <span class="minus">−${number(live.lost)}</span></b
        >runs against live
        <p class="soft">${number(live.runs)} → ${number(totals.runs)} runs</p>
      </div>`
    }
  </div>`;
}

function timelinesOf(report: Report, { timelines, ticks }: PageOptions): Markup {
  const byName = new Map(timelines.map((one) => [one.name, one.bars]));
  const drawn = report.triggers.toSorted((a, b) => b.matched - a.matched).slice(0, DRAWN_MAX);
  const more = report.triggers.length - drawn.length;
  return html`<h2>Triggers</h2>
    <div class="legend">
      <span><i style="background:var(--events)"></i>events</span
      ><span><i style="background:var(--held)"></i>something held</span
      ><span><i style="background:var(--runs)"></i>runs</span>${
        ticks.length > 0 ? html`<span><i style="background:var(--baseline)"></i>${report.schedule}</span>` : undefined
      }
    </div>
    ${drawn.map((trigger) => {
      const bars = byName.get(trigger.name);
      const title = `${trigger.name}: ${counted(trigger.matched, 'event')}, ${counted(trigger.runs, 'run')}`;
      return html`<section class="card">
        <div class="head">
          <h3>${trigger.name}</h3>
          <p class="soft">${counted(trigger.matched, 'event')} → ${counted(trigger.runs, 'run')}</p>
        </div>
        ${bars && chart({ bars, ticks, title })} ${detailsOf(trigger)}
      </section>`;
    })}
    ${more > 0 ? html`<p class="soft">${counted(more, 'trigger')} with fewer events ${more === 1 ? 'is' : 'are'} not drawn.</p>` : undefined}`;
}

function tableOf({ triggers, totals }: Report): Markup {
  const { baseline, live } = totals;
  const row = (one: TriggerReport): Markup =>
    html`<tr>
      <td>${one.name}</td>
      <td>${number(one.matched)}</td>
      <td>${number(one.runs)}</td>
      <td>${one.eventsPerRun ? `${one.eventsPerRun.p50} / ${one.eventsPerRun.p95}` : '–'}</td>
      <td>${number(one.suppressed)}</td>
      <td>${number(one.held.events)}</td>
      <td>${number(one.pending)}</td>
      <td>${spread(one.staleness)}</td>
      ${baseline && html`<td>${number(one.baseline?.runs ?? 0)}</td>`}${live && html`<td>${number(one.live?.runs ?? 0)}</td>`}
    </tr>`;
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th>trigger</th>
            <th>events</th>
            <th>runs</th>
            <th>events a run<br />p50 / p95</th>
            <th>suppressed</th>
            <th>held</th>
            <th>pending</th>
            <th>data waits<br />p50/p95</th>
            ${baseline && html`<th>schedule</th>`}${live && html`<th>live</th>`}
          </tr>
        </thead>
        <tbody>
          ${triggers.slice(0, ROWS_MAX).map(row)}
          <tr class="all">
            <td>all</td>
            <td>${number(totals.matched)}</td>
            <td>${number(totals.runs)}</td>
            <td></td>
            <td>${number(totals.suppressed)}</td>
            <td></td>
            <td>${number(totals.pending)}</td>
            <td>${spread(totals.staleness)}</td>
            ${baseline && html`<td>${number(baseline.runs)}</td>`}${live && html`<td>${number(live.runs)}</td>`}
          </tr>
        </tbody>
      </table>
    </div>
    ${triggers.length > ROWS_MAX ? html`<p class="soft">${counted(triggers.length - ROWS_MAX, 'more trigger')}</p>` : undefined}`;
}

function notesOf({ input, runTakesMs }: Report): Markup {
  const { broken, unordered, late, outside } = input;
  const notes = [
    `Every run takes ${waited(runTakesMs)} and succeeds.`,
    ...(broken.lines > 0
      ? [
          `${counted(broken.lines, 'line')} of the input held no event and ${broken.lines === 1 ? 'was' : 'were'} left out.`,
        ]
      : []),
    ...(unordered > 0 ? [`${counted(unordered, 'line')} stood out of order.`] : []),
    ...(late.events > 0
      ? [`${counted(late.events, 'event')} came up to ${waited(late.byMs)} too late to be put in order.`]
      : []),
    ...(outside > 0
      ? [`${counted(outside, 'event')} outside the span ${outside === 1 ? 'was' : 'were'} left out.`]
      : []),
  ];
  return html`<footer>
    <p>${notes.join(' ')}</p>
    <p>
      Data waits: at a moment t it is t − a, where a is the arrival of the oldest event that is data and in no run yet,
      or 0 where there is none; p50 and p95 are over all of the time. An event is data unless dedupe, freshness or order
      suppressed it, or it is a dead letter; what another stage dropped waits for the next run of its key. A run of the
      schedule takes all data that had come by then.
    </p>
  </footer>`;
}
