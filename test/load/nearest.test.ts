import { describe, expect, it } from 'vitest';

import { nearest } from '../../src/load/nearest.ts';

describe('the nearest name', () => {
  const fields = ['debounce', 'dedupe', 'collect', 'cooldown', 'key', 'events'];
  it.each([
    ['debuonce', 'debounce'],
    ['Dedupe', 'dedupe'],
    ['colect', 'collect'],
    ['coolDown', 'cooldown'],
    ['keys', 'key'],
    ['ky', 'key'],
    ['xy', undefined],
    ['kye', 'key'],
    ['event', 'events'],
    ['window', undefined],
    ['', undefined],
    ['x'.repeat(1_000_000), undefined],
  ])('to %s is found where one is near', (text, expected) => {
    expect(nearest(text, fields)).toBe(expected);
  });
});
