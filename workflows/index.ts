export { deadLetter } from './dead-letter.ts';
export { run } from './run.ts';
export { trigger } from './trigger.ts';
