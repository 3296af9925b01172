import { mkdir, rename, rm, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { type Definitions, type Finding } from '../../src/load/load.ts';
import { type DefinitionsWatch, watchDefinitions } from '../../src/load/watch.ts';
import { directoryWith, put, target } from './directory.ts';

const run = (program: string, name = 'train'): string => target(`{ command: { run: [${program}] } }`, name);

/** Generous, because the machine may be busy; it returns as soon as the condition holds. */
const eventually = (condition: () => void): Promise<void> => vi.waitFor(condition, { timeout: 10_000, interval: 5 });

type Watched = { watch: DefinitionsWatch; loaded: Definitions[]; failed: (readonly Finding[])[] };

async function watching(directory: string): Promise<Watched> {
  const loaded: Definitions[] = [];
  const failed: (readonly Finding[])[] = [];
  const result = await watchDefinitions(directory, {
    now: () => 1_000,
    debounceMs: 5,
    onLoaded: (definitions) => loaded.push(definitions),
    onFailed: (findings) => failed.push(findings),
  });
  if (!result.ok) throw new Error('the first load failed');
  onTestFinished(() => result.watch.close());
  return { watch: result.watch, loaded, failed };
}

function programOf(definitions: Definitions, name = 'train'): string | undefined {
  const spec = definitions.targets.get(name)?.spec;
  return spec !== undefined && 'command' in spec ? spec.command.run[0] : undefined;
}

describe('watching a directory', () => {
  it('is an outcome when the first load fails, with everything that is wrong', async () => {
    const directory = await directoryWith({ 'a.yaml': 'kind: X' });
    const result = await watchDefinitions(directory, { now: Date.now });
    expect(result).toMatchObject({ ok: false, findings: [{ line: 1, path: '/kind' }] });
  });

  it('serves what is there at once', async () => {
    const { watch, loaded } = await watching(await directoryWith({ 'a.yaml': run('one') }));
    expect(programOf(watch.current())).toBe('one');
    expect(watch.lastReloadOk()).toBe(true);
    expect(watch.lastFindings()).toEqual([]);
    expect(loaded).toEqual([]);
  });

  it.each([
    ['edited in place', (directory: string) => put(directory, 'a.yaml', run('two'))],
    [
      'replaced by a rename, as editors do',
      async (directory: string) => {
        await put(directory, 'a.yaml.tmp', run('two'));
        await rename(join(directory, 'a.yaml.tmp'), join(directory, 'a.yaml'));
      },
    ],
    [
      'moved to a new folder',
      async (directory: string) => {
        await rm(join(directory, 'a.yaml'));
        await put(directory, 'new/folder/b.yml', run('two'));
      },
    ],
    [
      'swapped behind a link, as mounted configuration is',
      async (directory: string) => {
        await put(directory, '..new/a.yaml', run('two'));
        await symlink(join('..new', 'a.yaml'), join(directory, 'link'));
        await rename(join(directory, 'link'), join(directory, 'a.yaml'));
      },
    ],
  ])('takes a file that was %s', async (_name, change) => {
    const directory = await directoryWith({ 'a.yaml': run('one') });
    const { watch, loaded } = await watching(directory);
    await change(directory);
    await eventually(() => expect(programOf(watch.current())).toBe('two'));
    expect(loaded).toEqual([watch.current()]);
  });

  it('takes a file that was edited to the same length and given its old time back', async () => {
    const directory = await directoryWith({});
    const { watch } = await watching(directory);
    for (const program of ['one', 'two', 'six']) {
      await put(directory, 'a.yaml', run(program));
      await utimes(join(directory, 'a.yaml'), new Date(0), new Date(0));
      await eventually(() => expect(programOf(watch.current())).toBe(program));
    }
  });

  it('takes files that come and go', async () => {
    const directory = await directoryWith({ 'a.yaml': run('one') });
    const { watch } = await watching(directory);
    await mkdir(join(directory, 'sub'));
    await put(directory, 'sub/b.yaml', run('two', 'other'));
    await eventually(() => expect([...watch.current().targets.keys()]).toEqual(['train', 'other']));
    await rm(join(directory, 'sub'), { recursive: true });
    await eventually(() => expect([...watch.current().targets.keys()]).toEqual(['train']));
  });

  it('keeps the old set live when a file is bad, says so, and goes on when it is good again', async () => {
    const directory = await directoryWith({ 'a.yaml': run('one'), 'b.yaml': run('one', 'other') });
    const { watch, loaded, failed } = await watching(directory);
    const before = watch.current();
    await put(directory, 'b.yaml', 'kind: [');
    await eventually(() => expect(failed).toHaveLength(1));
    expect(watch.lastReloadOk()).toBe(false);
    expect(watch.lastFindings()).toBe(failed[0]);
    expect(failed[0]?.map(({ file }) => file)).toContain(join(directory, 'b.yaml'));
    await put(directory, 'a.yaml', run('two'));
    await eventually(() => expect(failed).toHaveLength(2));
    expect(watch.current()).toBe(before);
    await put(directory, 'b.yaml', run('two', 'other'));
    await eventually(() => expect(watch.lastReloadOk()).toBe(true));
    expect([programOf(watch.current()), programOf(watch.current(), 'other')]).toEqual(['two', 'two']);
    expect(watch.lastFindings()).toEqual([]);
    expect(loaded.at(-1)).toBe(watch.current());
  });

  it('tells that a mistake was taken back, though nothing else changed', async () => {
    const directory = await directoryWith({ 'a.yaml': run('one') });
    const { watch, loaded, failed } = await watching(directory);
    const { fingerprint } = watch.current();
    await put(directory, 'a.yaml', 'kind: [');
    await eventually(() => expect(failed).toHaveLength(1));
    await put(directory, 'a.yaml', run('one'));
    await eventually(() => expect(loaded).toHaveLength(1));
    expect(watch.current().fingerprint).toBe(fingerprint);
    expect(watch.lastReloadOk()).toBe(true);
  });

  it('keeps the old set live when the directory vanishes, and finds it again', async () => {
    const directory = await directoryWith({ 'defs/a.yaml': run('one') });
    const { watch } = await watching(join(directory, 'defs'));
    await rename(join(directory, 'defs'), join(directory, 'away'));
    await eventually(() => expect(watch.lastReloadOk()).toBe(false));
    expect(programOf(watch.current())).toBe('one');
    await put(directory, 'away/a.yaml', run('two'));
    await rename(join(directory, 'away'), join(directory, 'defs'));
    await eventually(() => expect(programOf(watch.current())).toBe('two'));
  });

  it('says nothing about changes that mean nothing, and takes what comes after them', async () => {
    const directory = await directoryWith({ 'a.yaml': run('one') });
    const { watch, loaded } = await watching(directory);
    await put(directory, 'a.yaml', `# a comment\n${run('one')}`);
    await put(directory, 'README.md', 'text');
    await put(directory, 'b.yaml', run('two', 'other'));
    await eventually(() => expect(watch.current().targets.has('other')).toBe(true));
    await eventually(() => expect(loaded).toHaveLength(1));
  });

  it('stops when closed, and may be closed twice', async () => {
    const directory = await directoryWith({ 'a.yaml': run('one') });
    const { watch } = await watching(directory);
    const other = await watching(directory);
    await watch.close();
    await watch.close();
    await put(directory, 'a.yaml', run('two'));
    await eventually(() => expect(programOf(other.watch.current())).toBe('two'));
    expect(programOf(watch.current())).toBe('one');
  });
});
