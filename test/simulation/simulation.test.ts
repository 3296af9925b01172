import { expect, it } from 'vitest';

import { brokenText, simulate } from './campaign.ts';
import { TROUBLES, type Trouble } from './weather.ts';

const { SIGNALBOX_SIM_SEED, SIGNALBOX_SIM_TRIGGERS, SIGNALBOX_SIM_DAYS, SIGNALBOX_SIM_ONLY, SIGNALBOX_SIM_WITHOUT } =
  process.env;

const seed = SIGNALBOX_SIM_SEED ?? String(Math.floor(Math.random() * 1e9));
const days = Number(SIGNALBOX_SIM_DAYS ?? 6);
const triggers =
  SIGNALBOX_SIM_ONLY === undefined
    ? Array.from({ length: Number(SIGNALBOX_SIM_TRIGGERS ?? 4) }, (_, index) => index)
    : [Number(SIGNALBOX_SIM_ONLY)];
const named = new Set(SIGNALBOX_SIM_WITHOUT?.split(','));
const without = new Set<Trouble>(TROUBLES.filter((trouble) => named.has(trouble)));

const A_MINUTE_MS = 60_000;

it(
  'keeps every promise over weeks of crashes, repeats, delays, wrong clocks and changes of mind',
  { timeout: 60 * A_MINUTE_MS },
  () => {
    const names = triggers.map((trigger) => ({ seed, trigger, days, without }));
    const { happened, offered, runs, tookMs, broken } = simulate(names, () => performance.now());
    const perMinute = Math.round((happened / tookMs) * A_MINUTE_MS);
    process.stdout.write(
      `simulation: seed ${seed}, ${triggers.length} triggers, ${days} days each: ${happened} virtual events, ` +
        `${offered} offers and ${runs} runs in ${Math.round(tookMs)} ms, ${perMinute} virtual events a minute\n`,
    );
    expect(broken && brokenText(broken)).toBeUndefined();
    expect(offered).toBeGreaterThan(triggers.length);
  },
);
