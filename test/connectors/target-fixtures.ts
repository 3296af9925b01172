import { compileExpression } from '../../src/match/expression.ts';
import type { CallContext, StartRequest, TargetDeps } from '../../src/connectors/target.ts';

/** A start of the run `runId`, complete. */
export function requestOf(runId: string, attempt = 1): StartRequest {
  return {
    runId,
    trigger: 'retrain',
    key: 'eu',
    kind: 'train',
    step: 'run',
    cause: 'events',
    firedAt: '2026-09-01T00:00:00Z',
    params: { rows: 3 },
    attempt,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
}

/** A context that counts heartbeats into `beats`. */
export function contextOf(signal = new AbortController().signal, beats: (string | undefined)[] = []): CallContext {
  return {
    signal,
    heartbeat: (detail) => {
      beats.push(detail);
    },
    log: { info: () => undefined, warn: () => undefined },
    evaluate: (source, variables) => {
      const compiled = compileExpression(source, Object.keys(variables));
      return compiled.ok ? compiled.expression.evaluate(variables) : { ok: false, message: compiled.message };
    },
  };
}

/** Dependencies with these secrets, by reference. */
export function depsOf(
  stateDirectory: string,
  secrets: Readonly<Record<string, string>> = { 'env:TOKEN': 'Bearer canary-7f3a91' },
): TargetDeps {
  return {
    resolveSecret: (ref) => {
      const value = secrets[ref];
      return value === undefined ? { ok: false, detail: `the secret ${ref} is not set` } : { ok: true, value };
    },
    stateDirectory,
    environment: { ...process.env, SIGNALBOX_TOKEN: 'canary-inherited' },
  };
}
