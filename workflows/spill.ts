import {
  CancellationScope,
  condition,
  isCancellation,
  log,
  proxyActivities,
  proxySinks,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  type Sinks,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';

import type { Activities } from '../activities/interface.ts';
import { batchSignal, endUpdate } from '../src/contract/definitions.ts';
import { instanceId } from '../src/contract/names.ts';
import { TEMPORAL_CALLS } from '../src/contract/presets.ts';
import { readBatch } from '../src/contract/read-messages.ts';
import type { SegmentHeld, SegmentInput } from '../src/contract/spill.ts';
import { jsonBytes } from '../src/core/json-bytes.ts';
import { timeText } from './shell/text.ts';

type SpillSinks = Sinks & { spill: { held: (held: SegmentHeld) => void } };

const { spill: told } = proxySinks<SpillSinks>();
const { announceSegment } = proxyActivities<Activities>({ ...TEMPORAL_CALLS, summary: 'tell the instance' });

/** An instance that lost its state learns of its segments by this. Rare: it must not fill the history in a month. */
const ANNOUNCE_AGAIN = '1h';

/**
 * Keeps offers for an instance that has no room, in its history: the instance reads them there, in order, and ends the
 * segment when it has taken all of them. The segment itself only counts.
 */
export async function spill({ trigger, segment }: SegmentInput): Promise<{ readonly offers: number }> {
  const held = { signals: 0, offers: 0, bytes: 0, firstAt: Infinity, lastAt: 0 };
  const { runId } = workflowInfo();
  let over = false;
  const show = () => {
    told.held({ trigger, segment, runId, offers: over ? 0 : held.offers });
    setCurrentDetails(detailsOf(trigger, held));
  };
  setHandler(batchSignal, (batch) => {
    const { offers, refused } = readBatch(batch);
    if (refused.length > 0) log.error('a signal was left alone, or a part of it', { what: refused.join(', ') });
    held.signals += 1;
    for (const offer of offers) {
      held.offers += 1;
      held.bytes += jsonBytes(offer);
      held.firstAt = Math.min(held.firstAt, offer.receivedAt);
      held.lastAt = Math.max(held.lastAt, offer.receivedAt);
    }
    show();
  });
  setHandler(endUpdate, ({ signals }) => {
    over = signals === held.signals;
    show();
    return over;
  });
  setDefaultSignalHandler((name) => log.error('a signal of an unknown name was left alone', { name }));
  void announce({ trigger, segment, runId });
  // The update that ends it and its end are one commit: a signal in between makes Temporal refuse both.
  await CancellationScope.nonCancellable(() => condition(() => over));
  return { offers: held.offers };
}

async function announce(input: { trigger: string; segment: number; runId: string }): Promise<void> {
  try {
    for (;;) {
      await announceSegment(input);
      await sleep(ANNOUNCE_AGAIN, { summary: 'tell the instance again' });
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}

function detailsOf(trigger: string, held: { offers: number; bytes: number; firstAt: number; lastAt: number }): string {
  const { offers, bytes, firstAt, lastAt } = held;
  if (offers === 0) return `Nothing is kept for \`${instanceId(trigger)}\` yet.`;
  return [
    `**${offers} events** (${Math.ceil(bytes / 1_024)} KB) wait for \`${instanceId(trigger)}\`, which had no room for them.`,
    '',
    `They arrived from ${timeText(firstAt)} to ${timeText(lastAt)}, and stand in the signals of this history. The instance takes them in order as soon as it has room, then this ends.`,
  ].join('\n');
}
