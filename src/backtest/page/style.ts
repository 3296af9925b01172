import { Markup } from './markup.ts';

/** The look of the page, in light and dark; it loads nothing. */
export const STYLE = new Markup(`
:root {
  color-scheme: light dark;
  --paper: #faf9f6; --card: #ffffff; --ink: #1b2432; --soft: #667085; --line: #e4e2dc;
  --events: #a9b4c4; --runs: #0d7a6f; --held: #e8a33d; --baseline: #b4436c; --good: #0d7a6f; --bad: #b42318;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #10151c; --card: #171e27; --ink: #e6eaf0; --soft: #93a0b2; --line: #28323f;
    --events: #51617a; --runs: #3fc4b1; --held: #e0a34a; --baseline: #e57aa3; --good: #3fc4b1; --bad: #ff8a7a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 26px; letter-spacing: -0.01em; margin: 0; }
h2 { font-size: 17px; margin: 44px 0 12px; }
p { margin: 4px 0; }
.soft { color: var(--soft); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 14px; margin-top: 26px; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px 18px; }
.figure b { display: block; font-size: 40px; line-height: 1.15; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.figure b small { font-size: 22px; font-weight: 600; letter-spacing: 0; color: var(--soft); }
.good b { color: var(--good); }
.bad b { color: var(--bad); }
.verdict { margin-top: 20px; padding: 10px 16px; border-radius: 10px; border: 1px solid; font-weight: 600; overflow-wrap: anywhere; }
.verdict.failed { color: var(--bad); }
.verdict.passed { color: var(--good); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px; margin: 12px 0; }
.card h3 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
.head { display: flex; flex-wrap: wrap; gap: 2px 18px; align-items: baseline; justify-content: space-between; }
.head p { font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 90px; margin: 10px 0 3px; }
.moments { display: flex; justify-content: space-between; color: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.events { fill: var(--events); } .runs { fill: var(--runs); } .held { fill: var(--held); opacity: 0.75; }
.baseline, .axis { fill: none; vector-effect: non-scaling-stroke; stroke: var(--line); }
.baseline { stroke: var(--baseline); stroke-dasharray: 2 3; opacity: 0.8; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; color: var(--soft); font-size: 13px; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 8px 14px; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 130px; }
th { font-size: 12px; font-weight: 600; color: var(--soft); }
tr:last-child td { border-bottom: 0; }
tr.all td { font-weight: 650; }
dl { display: grid; grid-template-columns: 110px 1fr; gap: 3px 14px; margin: 8px 0 0; font-size: 14px; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
.plus { color: var(--good); } .minus { color: var(--bad); }
footer { margin-top: 44px; padding-top: 16px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
`);
