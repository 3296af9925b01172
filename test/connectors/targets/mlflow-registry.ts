import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createTarget } from '../../../src/connectors/registry.ts';
import type { StartOutcome } from '../../../src/connectors/target.ts';
import type { Json } from '../../../src/spec/json.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';

export const MLFLOW = { once: 'token', follows: false, probes: true } as const;

/** A registry with the model `fraud` and its versions 1 to 3. */
type Registry = {
  spec(operation: object): unknown;
  readonly secrets: Readonly<Record<string, string>>;
  close(): Promise<void>;
};

/** What the operations on a model promise, whoever serves it. */
export function describeRegistry(name: string, open: () => Promise<Registry>): void {
  describe(name, () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await open();
    });
    afterAll(() => registry.close());

    const call = (operation: object, params: Json = {}): Promise<StartOutcome> => {
      const spec = targetFile.shape.spec.parse(registry.spec(operation));
      const target = createTarget({ name: 'production', directory: '/', spec }, depsOf('/', registry.secrets));
      return target.start({ ...requestOf('sb1-1'), params }, contextOf());
    };
    const succeeded = { kind: 'finished', status: 'succeeded' };
    const refused = { kind: 'notStarted', code: 'target_rejected', permanent: true };
    const deploy = (alias: string, version: number) => call({ setAlias: { alias } }, { version });
    const rollBack = (alias: string, version: number) => call({ restoreAlias: { alias } }, { version });

    it('answers what an alias points to, for guards', async () => {
      expect(await call({ read: { alias: 'guarded' } })).toMatchObject({
        ...succeeded,
        result: { model: 'fraud', alias: 'guarded', version: null },
      });
      await deploy('guarded', 1);
      await deploy('guarded', 2);
      await call({ setTag: { version: '2', key: 'approved by', value: 'ana' } });
      expect(await call({ read: { alias: 'guarded' } })).toMatchObject({
        ...succeeded,
        result: { alias: 'guarded', version: '2', previousVersion: '1', tags: { 'approved by': 'ana' } },
      });
    });

    it('rolls a deploy back to the version before it, and a second time changes nothing', async () => {
      expect(await deploy('champion', 1)).toMatchObject({ ...succeeded, result: { previousVersion: null } });
      expect(await deploy('champion', 2)).toMatchObject({ ...succeeded, result: { previousVersion: '1' } });
      const result = { model: 'fraud', alias: 'champion', version: '1', previousVersion: '2' };
      expect(await rollBack('champion', 2)).toEqual({ ...succeeded, result: { ...result, changed: true } });
      expect(await rollBack('champion', 2)).toMatchObject({ ...succeeded, result: { ...result, changed: false } });
      expect(await call({ read: { alias: 'champion' } })).toMatchObject({ result: { version: '1' } });
    });

    it('does not roll back a version that is not current any more', async () => {
      for (const version of [1, 2, 3]) await deploy('moving', version);
      expect(await rollBack('moving', 2)).toMatchObject({
        ...refused,
        detail: 'moving points to 3, not to 2: nothing was changed.',
      });
      expect(await call({ read: { alias: 'moving' } })).toMatchObject({ result: { version: '3' } });
    });

    it('does not roll back where it never deployed', async () => {
      expect(await rollBack('fresh', 1)).toMatchObject({ ...refused, detail: expect.stringContaining('does not say') });
    });

    it('forgets what was before when an alias begins anew', async () => {
      await deploy('anew', 1);
      await deploy('anew', 2);
      await rollBack('anew', 2);
      await deploy('anew', 3);
      expect(await deploy('anew', 2)).toMatchObject({ result: { previousVersion: '3' } });
      expect(await rollBack('anew', 2)).toMatchObject({ result: { version: '3' } });
    });

    it('deploys only over the version that is expected', async () => {
      await deploy('expected', 1);
      expect(await call({ setAlias: { alias: 'expected', version: '3', from: '2' } })).toMatchObject(refused);
      expect(await call({ setAlias: { alias: 'expected', version: '3', from: '1' } })).toMatchObject(succeeded);
      expect(await call({ setAlias: { alias: 'expected', version: '3', from: '1' } })).toMatchObject({
        result: { changed: false, previousVersion: '1' },
      });
    });

    it('refuses a version that does not exist, and leaves the alias where it was', async () => {
      await deploy('kept', 1);
      expect(await deploy('kept', 9)).toMatchObject(refused);
      expect(await rollBack('kept', 9)).toMatchObject(refused);
      expect(await call({ setTag: { version: '9', key: 'k', value: 'v' } })).toMatchObject(refused);
      expect(await call({ read: { alias: 'kept' } })).toMatchObject({ result: { version: '1' } });
    });
  });
}
