import type { EventAnswer } from '../explain/answer.ts';
import type { FeedAnswer, StoredEventAnswer } from '../explain/feed-answer.ts';
import type { StatsAnswer } from '../explain/stats-answer.ts';
import type { WhyAnswer } from '../explain/why-answer.ts';
import type { EventQuery } from '../store/store.ts';
import type { ReadResult } from './read-api.ts';

/** Reads of what happened, from the store and from what instances say now; implemented outside the routes. */
export type ExplainApi = {
  /** What happened to one event, and why; `trigger` asks also about a trigger that did not take it. */
  explain(eventId: string, trigger?: string): Promise<ReadResult<EventAnswer>>;
  events(query: EventQuery): Promise<ReadResult<FeedAnswer>>;
  event(eventId: string): Promise<ReadResult<StoredEventAnswer>>;
  /** Epoch milliseconds. */
  why(trigger: string, sinceAt: number): Promise<ReadResult<WhyAnswer>>;
  stats(trigger: string, sinceAt: number): Promise<ReadResult<StatsAnswer>>;
  /** Of every loaded trigger. */
  allStats(sinceAt: number): Promise<ReadResult<readonly StatsAnswer[]>>;
};
