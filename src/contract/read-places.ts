import type { LaneRun, LaneSettings } from '../core/lane-state.ts';
import type { PlaceAnswer, PlaceRequest } from './places.ts';
import { isMaybe, isObject, isText, isTime } from './shapes.ts';

/** Whether what a lane was sent asks for a place. Anyone who reaches Temporal may send it. */
export function isPlaceRequest(value: unknown): value is PlaceRequest {
  if (!isObject(value) || value['version'] !== 1) return false;
  return isLaneRun(value['run']) && isMaybe(value['settings'], isLaneSettings);
}

/** Run ids and names as they are carried over, in characters. */
const TEXT_MAX_CHARS = 255;

function isLaneRun(value: unknown): value is LaneRun {
  if (!isObject(value)) return false;
  return [value['runId'], value['trigger'], value['kind']].every((it) => isName(it));
}

function isName(value: unknown): value is string {
  return isText(value) && value.length > 0 && value.length <= TEXT_MAX_CHARS;
}

/** Whether it says how many places there are. */
export function isLaneSettings(value: unknown): value is LaneSettings {
  if (!isObject(value)) return false;
  const { limit, leaseTimeoutMs, loadedAt } = value;
  return (
    Number.isInteger(limit) && Number(limit) >= 1 && isTime(leaseTimeoutMs) && leaseTimeoutMs > 0 && isTime(loadedAt)
  );
}

/** The run that a signal to a lane is about. */
export function runIdIn(value: unknown): string | undefined {
  return isObject(value) && isName(value['runId']) ? value['runId'] : undefined;
}

/** Whether what a run was sent is the answer of a lane. */
export function isPlaceAnswer(value: unknown): value is PlaceAnswer {
  if (!isObject(value) || value['version'] !== 1 || !isName(value['place'])) return false;
  switch (value['kind']) {
    case 'granted':
    case 'full':
      return true;
    case 'waiting':
      return isTime(value['before']);
    case 'giveWay':
      return isName(value['to']);
    default:
      return false;
  }
}
