import { afterAll, beforeAll, inject } from 'vitest';

import { World } from './world.ts';

/** One world for the tests of a file, which run one after the other. */
export function useWorld(): () => World {
  let world: World | undefined;
  beforeAll(async () => {
    world = await World.open(inject('testServerPath'));
  });
  afterAll(() => world?.close());
  return () => {
    if (!world) throw new Error('the world is not open');
    return world;
  };
}
