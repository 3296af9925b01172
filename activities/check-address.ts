import { createTarget } from '../src/connectors/registry.ts';
import { fillSettings } from '../src/match/settings.ts';
import type { HttpTargetSpec } from '../src/spec/targets/http.ts';
import type { JsonObject } from '../src/spec/json.ts';
import { type CallDependencies, requestOf, withHeartbeats } from './call-target.ts';
import { judge } from './expectation.ts';
import type { Activities } from './interface.ts';
import { fillTemplate } from './resolve-target.ts';
import { stepVariables } from './step-params.ts';

/** Asks an HTTP address once, and says whether what is expected holds for its `status` and `body`. */
export function createCheckAddress(dependencies: CallDependencies): Activities['checkAddress'] {
  return async (input) => {
    const { seen, expect, timeoutMs } = input;
    const variables = stepVariables(input, seen);
    const written = { url: input.url, headers: headersOf(input.headers) };
    const filled = fillSettings(written, (template) => fillTemplate(template, variables), true);
    if (!filled.ok) return { holds: false, detail: filled.detail };
    const http: HttpTargetSpec = { ...filled.value, method: 'GET', timeout: timeoutMs };
    const loaded = { name: 'check', directory: '/', spec: { http, onUnknown: 'hold' } } as const;
    const target = createTarget(loaded, dependencies.targets);
    const request = { ...requestOf({ ...input, params: {}, attempt: 1 }), step: 'check' };
    const answer = await withHeartbeats(dependencies, async (context) => target.ask?.(request, context));
    if (answer?.kind !== 'answered') {
      return { holds: false, detail: answer?.detail ?? 'It cannot be asked.' };
    }
    const { status, body } = answer;
    return judge(expect, { ...variables, status, body }, { status, body });
  };
}

/** Headers as a target has them: texts, and references to secrets. */
function headersOf(headers: JsonObject): HttpTargetSpec['headers'] {
  const known = Object.entries(headers).flatMap(([name, value]): [string, string | { secret: string }][] => {
    if (typeof value === 'string') return [[name, value]];
    const secret = typeof value === 'object' && value !== null && 'secret' in value ? value['secret'] : undefined;
    return typeof secret === 'string' ? [[name, { secret }]] : [];
  });
  return Object.fromEntries(known);
}
