export { spill } from './spill.ts';
export { lane } from './lane.ts';
export { deadLetter } from './dead-letter.ts';
export { replay } from './replay.ts';
export { probe } from './probe.ts';
export { run } from './run.ts';
export { tick } from './tick.ts';
export { trigger } from './trigger.ts';
