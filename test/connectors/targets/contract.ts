import { randomBytes } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { createTarget } from '../../../src/connectors/registry.ts';
import { HANDLE_MAX_BYTES, type StartOutcome, type StartRequest, type Target } from '../../../src/connectors/target.ts';
import type { Json } from '../../../src/spec/json.ts';
import { targetFile } from '../../../src/spec/target.ts';
import { contextOf, depsOf, requestOf } from '../target-fixtures.ts';
import { type FaultProxy, type Passing, proxyTo } from './fault-proxy.ts';

/** How a started run is to end; `goesOn`: it does not, unless it is cancelled. */
type Course = 'goesOn' | 'succeeded' | 'failed';

/** What a kind of target can do. */
export type Traits = {
  /** By what a call is the same call again: the token, a look-up before each start, or nothing. */
  readonly once: 'token' | 'lookUp' | 'nothing';
  /** Whether runs go on after they were started, and can be watched and cancelled; or a call is all there is. */
  readonly follows: boolean;
  readonly probes: boolean;
};

/** A target with the server it calls, real or strict. */
export type Subject = {
  /** Where the server listens; calls go there through a proxy that can fail them. */
  readonly origin: string;
  /** The `spec` of the definition, for the server at this address and a run of this id. */
  spec(origin: string, runId: string): unknown;
  /** One that names something the server does not have. */
  missing(origin: string): unknown;
  /** Values of the secrets in `spec`, by reference. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Whether this request is the one that makes the server act. */
  acts(passing: Passing): boolean;
  /** How many times the server has acted for this token, or for a call without a token at all. */
  effects(token: string): Promise<number>;
  /** Parameters of a run with this course. */
  params(course: Course): Json;
  /** Bodies of a 2xx that are no success. */
  readonly insideErrors: readonly string[];
  /** Plays the part of whoever works on the run, where nobody does. */
  end?(handle: Json, how: 'succeeded' | 'failed' | 'cancelled'): Promise<void>;
  /** A handle as the server might have given out, and did not. */
  readonly unknown?: Json;
  close(): Promise<void>;
};

const GARBAGE = ['', '{}', '[]', 'null', '<html>Please sign in</html>', '{"error":"it did not work"}', '{"id":'];

/** How long a real run may take to be seen in another state. */
const SEEN_WITHIN = { timeout: 150_000, interval: 250 } as const;

/** What every target keeps, whatever it calls. */
export function describeTarget(name: string, traits: Traits, open: () => Promise<Subject>): void {
  describe(name, () => {
    let subject: Subject;
    let proxy: FaultProxy;
    beforeAll(async () => {
      subject = await open();
      proxy = await proxyTo(subject.origin);
    });
    afterEach(() => proxy.inject(undefined));
    afterAll(async () => {
      await proxy.close();
      await subject.close();
    });

    const context = contextOf();
    const build = (spec: unknown, secrets = subject.secrets): Target => {
      const metadata = { name: 'train' };
      const file = targetFile.parse({ apiVersion: 'signalbox/v1', kind: 'Target', metadata, spec });
      return createTarget({ name: 'train', directory: '/', spec: file.spec }, depsOf('/', secrets));
    };
    const target = (asked: StartRequest): Target => build(subject.spec(proxy.origin, asked.runId));
    const request = (course: Course = 'goesOn'): StartRequest => ({
      ...requestOf(`sb1-${randomBytes(20).toString('hex')}`),
      params: subject.params(course),
    });
    const failStarts = (fault: Parameters<FaultProxy['inject']>[0]) =>
      proxy.inject(fault, (passing) => subject.acts(passing));
    const start = (asked: StartRequest) => target(asked).start(asked, context);
    const started = async (asked: StartRequest) => startedOf(await start(asked));

    describe('a start', () => {
      it('acts once, and what identifies it is small', async () => {
        const asked = request();
        const outcome = await start(asked);
        expect(outcome).toMatchObject(traits.follows ? { kind: 'started' } : { kind: 'finished', status: 'succeeded' });
        expect(await subject.effects(asked.runId)).toBe(1);
        expect(Buffer.byteLength(JSON.stringify(outcome))).toBeLessThan(HANDLE_MAX_BYTES);
      });

      if (traits.once !== 'nothing')
        it('that comes again acts no second time', async () => {
          const asked = request();
          const first = await start(asked);
          const again = await start({ ...asked, attempt: 2 });
          expect(await subject.effects(asked.runId)).toBe(1);
          expect(handleOf(again)).toEqual(handleOf(first));
          expect(again.kind).toBe(first.kind);
        });

      if (traits.once !== 'nothing' && traits.follows)
        it('with a token of its own acts for that token', async () => {
          const asked = request();
          const step = { ...asked, token: `${asked.runId}.promote-1` };
          await started(asked);
          await started(step);
          expect(await subject.effects(step.token)).toBe(1);
        });

      it('whose reply is lost is unknown, and settled as the target promises', async () => {
        const asked = request();
        failStarts({ kind: 'replyLost' });
        expect(await start(asked)).toMatchObject({ kind: 'unknown' });
        expect(await subject.effects(asked.runId)).toBe(1);
        proxy.inject(undefined);
        const settling = target(asked);
        expect(settling.repeatable === true).toBe(traits.once === 'token');
        const found = await settling.find?.(asked, context);
        const kind = traits.follows ? 'started' : 'finished';
        expect(found?.kind).toBe(traits.once === 'lookUp' ? kind : undefined);
        if (traits.once === 'token') expect(await start(asked)).toMatchObject({ kind });
        expect(await subject.effects(asked.runId)).toBe(1);
      });

      if (traits.once === 'lookUp')
        it('that was never made is not found', async () => {
          const asked = request();
          expect(await target(asked).find?.(asked, context)).toEqual({ kind: 'notFound' });
        });

      it('of what the server does not have is refused for good', async () => {
        const outcome = await build(subject.missing(proxy.origin)).start(request(), context);
        expect(outcome).toMatchObject({ kind: 'notStarted', code: 'target_rejected', permanent: true });
      });

      it('that the server has no time for is put off as long as it says', async () => {
        const asked = request();
        failStarts({ kind: 'answered', status: 429, headers: { 'retry-after': '7' }, body: '{"detail":"slow down"}' });
        expect(await start(asked)).toMatchObject({
          kind: 'notStarted',
          code: 'target_unavailable',
          permanent: false,
          retryAfterMs: 7_000,
        });
        expect(await subject.effects(asked.runId)).toBe(0);
      });

      it('is put off while nobody listens there', async () => {
        const gone = await proxyTo(subject.origin);
        await gone.close();
        expect(await build(subject.spec(gone.origin, 'sb1-1')).start(request(), context)).toMatchObject({
          kind: 'notStarted',
          code: 'target_unavailable',
          permanent: false,
        });
      });

      it('is refused for good where the credential is', async () => {
        failStarts({ kind: 'answered', status: 403, body: '{"detail":"no"}' });
        const outcome = await start(request());
        expect(outcome).toMatchObject({ kind: 'notStarted', code: 'target_rejected', permanent: true });
      });

      it('is no success when a success carries an error or nothing', async () => {
        for (const body of subject.insideErrors.concat(traits.follows ? GARBAGE : [])) {
          failStarts({ kind: 'answered', status: 200, body });
          const { kind } = await start(request());
          expect({ body, kind }).toEqual({ body, kind: expect.stringMatching(/^(unknown|notStarted)$/) });
        }
      });

      it('tells nobody its secrets', async () => {
        failStarts({ kind: 'quoted' });
        const outcome = await start(request());
        expect(outcome).toMatchObject({ detail: expect.stringContaining('cannot serve') });
        for (const secret of Object.values(subject.secrets)) expect(JSON.stringify(outcome)).not.toContain(secret);
      });

      it('sends nothing without its secrets', async () => {
        const before = proxy.seen.length;
        expect(await build(subject.spec(proxy.origin, 'sb1-1'), {}).start(request(), context)).toMatchObject({
          kind: 'notStarted',
          code: 'secret_missing',
          permanent: true,
        });
        expect(proxy.seen.length).toBe(before);
      });
    });

    if (traits.follows)
      describe('a run', () => {
        const look = (handle: Json, asked: StartRequest) => target(asked).watch?.(handle, asked, context);

        it('goes on until it ends', async () => {
          const asked = request();
          const { handle, everyMs, link } = await started(asked);
          expect(everyMs).toBeGreaterThan(0);
          if (link !== undefined) expect(link).toMatch(/^https?:\/\//);
          for (const _look of [1, 2, 3]) expect(await look(handle, asked)).toMatchObject({ kind: 'running' });
          await target(asked).cancel?.(handle, asked, context);
          await subject.end?.(handle, 'cancelled');
        });

        it.for(['succeeded', 'failed'] as const)('that %s says so, however often it is asked', async (how) => {
          const asked = request(how);
          const { handle } = await started(asked);
          await subject.end?.(handle, how);
          await expect.poll(() => look(handle, asked), SEEN_WITHIN).toMatchObject({ kind: 'finished', status: how });
          expect(await look(handle, asked)).toEqual(await look(handle, asked));
          expect(await target(asked).cancel?.(handle, asked, context)).toMatchObject({ kind: 'over' });
          expect(await look(handle, asked)).toMatchObject({ kind: 'finished', status: how });
        });

        it('ends when it is cancelled', async () => {
          const asked = request();
          const { handle } = await started(asked);
          expect(await target(asked).cancel?.(handle, asked, context)).toEqual({ kind: 'cancelled' });
          await subject.end?.(handle, 'cancelled');
          await expect
            .poll(() => look(handle, asked), SEEN_WITHIN)
            .toMatchObject({ kind: 'finished', status: expect.stringMatching(/^(cancelled|failed)$/) });
        });

        it('that the server does not know is gone', async () => {
          const { unknown = null } = subject;
          const asked = request();
          expect(await look(unknown, asked)).toMatchObject({ kind: 'gone' });
          expect(await target(asked).cancel?.(unknown, asked, context)).toMatchObject({ kind: 'over' });
        });

        it('is asked about again when the server cannot answer', async () => {
          const asked = request();
          const { handle } = await started(asked);
          proxy.inject({ kind: 'answered', status: 503, headers: { 'retry-after': '3' }, body: '' });
          expect(await look(handle, asked)).toMatchObject({ kind: 'unreachable', retryAfterMs: 3_000 });
          proxy.inject({ kind: 'answered', status: 200, body: '<html>Please sign in</html>' });
          expect(await look(handle, asked)).toMatchObject({ kind: 'unreachable' });
          proxy.inject({ kind: 'quoted' });
          const said = JSON.stringify([
            await look(handle, asked),
            await target(asked).cancel?.(handle, asked, context),
          ]);
          for (const secret of Object.values(subject.secrets)) expect(said).not.toContain(secret);
          proxy.inject(undefined);
          await target(asked).cancel?.(handle, asked, context);
        });
      });

    if (!traits.probes)
      it('cannot be probed', () => {
        expect(target(request())).not.toHaveProperty('probe');
      });

    if (traits.probes)
      describe('a probe', () => {
        it('tells whether what the definition names is there, and starts nothing', async () => {
          const before = proxy.seen.length;
          expect(await target(request()).probe?.(context)).toMatchObject({ kind: 'ready' });
          expect(await build(subject.missing(proxy.origin)).probe?.(context)).toMatchObject({ kind: 'notReady' });
          expect(proxy.seen.slice(before).filter((passing) => subject.acts(passing))).toEqual([]);
        });

        it.for([401, 403])('is a no where the credential is refused with %d', async (status) => {
          proxy.inject({ kind: 'answered', status, body: '{"detail":"no"}' });
          expect(await target(request()).probe?.(context)).toMatchObject({ kind: 'notReady' });
        });

        it('is a no where nobody listens, and where its time is over', async () => {
          const gone = await proxyTo(subject.origin);
          await gone.close();
          const nobody = build(subject.spec(gone.origin, 'sb1-1'));
          expect(await nobody.probe?.(context)).toMatchObject({ kind: 'notReady' });
          const over = { ...context, signal: AbortSignal.abort() };
          expect(await target(request()).probe?.(over)).toMatchObject({ kind: 'notReady' });
        });

        it('is a no where a success carries a page to sign in', async () => {
          proxy.inject({ kind: 'answered', status: 200, body: '<html>Please sign in</html>' });
          expect(await target(request()).probe?.(context)).toMatchObject({ kind: 'notReady' });
        });

        it('tells nobody its secrets', async () => {
          proxy.inject({ kind: 'quoted' });
          const outcome = await target(request()).probe?.(context);
          expect(outcome).toMatchObject({ kind: 'notReady' });
          for (const secret of Object.values(subject.secrets)) expect(JSON.stringify(outcome)).not.toContain(secret);
        });

        it('asks nobody without its secrets', async () => {
          const before = proxy.seen.length;
          const without = build(subject.spec(proxy.origin, 'sb1-1'), {});
          expect(await without.probe?.(context)).toMatchObject({ kind: 'notReady' });
          expect(proxy.seen.length).toBe(before);
        });
      });
  });
}

function handleOf(outcome: StartOutcome): Json {
  return outcome.kind === 'started' ? outcome.handle : null;
}

function startedOf(outcome: StartOutcome): Extract<StartOutcome, { kind: 'started' }> {
  if (outcome.kind !== 'started') throw new Error(`not started: ${JSON.stringify(outcome)}`);
  return outcome;
}
