import { placesOf } from '../match/settings.ts';
import { mergeReads } from '../match/template.ts';
import type { TargetSpec } from '../spec/target.ts';
import type { CommandTargetSpec } from '../spec/targets/command.ts';
import type { HttpTargetSpec } from '../spec/targets/http.ts';
import type { SecretRef } from '../spec/targets/secret.ts';
import { Compiler, RUN_VARIABLES } from './compile.ts';
import { error, type Path, type Problem, warning } from './finding.ts';
import { neededReads, type TargetReads } from './run-reads.ts';

/** Headers that Signalbox or the HTTP client sets; a definition that set them would break the request or its token. */
const RESERVED_HEADERS = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'content-encoding',
  'idempotency-key',
]);
/** Headers whose value is a credential, and so only ever a reference. */
const CREDENTIAL_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'api-key']);
const LOOKS_SECRET = /(^|[_-])(token|secret|password|passwd|apikey|api[_-]key|private[_-]key|credentials?)$/i;

/** Scheme and authority written out: where a request goes is never up to an event. */
const FIXED_ORIGIN = /^https?:\/\/(?![^/?#]*\$\{\{)[^/?#]+/i;

/** Compiles every template of a target, for what they read, and checks what the schema cannot. */
export function checkTarget(spec: TargetSpec): { readonly reads: TargetReads; readonly problems: readonly Problem[] } {
  const compiler = new Compiler();
  const places = placesOf(spec);
  const all = places.map(({ value, path, afterStart }) => {
    const variables = afterStart ? [...RUN_VARIABLES, 'result'] : RUN_VARIABLES;
    return compiler.template(value, variables, ['spec', ...path])?.reads ?? {};
  });
  const needed = places.map(({ value }) => neededReads(value));
  const problems = ownProblems(spec, compiler);
  return {
    reads: { all: mergeReads(...all), needed: mergeReads(...needed) },
    problems: [...compiler.problems, ...problems],
  };
}

function ownProblems(spec: TargetSpec, compiler: Compiler): Problem[] {
  if ('http' in spec) return httpProblems(spec.http, compiler);
  if ('command' in spec) return commandProblems(spec.command);
  return Object.entries(spec).flatMap(([member, settings]) =>
    typeof settings === 'object' && 'url' in settings && settings.url !== undefined
      ? urlProblems(settings.url, ['spec', member, 'url'], 'auth')
      : [],
  );
}

function httpProblems(spec: HttpTargetSpec, compiler: Compiler): Problem[] {
  const { url, headers, method, body, cancel, probe } = spec;
  const headersPath: Path = ['spec', 'http', 'headers'];
  const reserved = Object.keys(headers).filter((name) => RESERVED_HEADERS.has(name.toLowerCase()));
  return [
    ...urlProblems(url, ['spec', 'http', 'url']),
    ...watchProblems(spec, compiler),
    ...(cancel ? urlProblems(cancel.url, ['spec', 'http', 'cancel', 'url']) : []),
    ...(probe ? urlProblems(probe.url, ['spec', 'http', 'probe', 'url']) : []),
    ...(body !== undefined && (method === 'GET' || method === 'DELETE')
      ? [warning(['spec', 'http', 'body'], `is not sent with ${method}`, 'Remove it, or use POST.')]
      : []),
    ...reserved.map((name) => error([...headersPath, name], `${name} is set by Signalbox`, 'Remove it.')),
    ...secretProblems(headers, headersPath, (name) => CREDENTIAL_HEADERS.has(name.toLowerCase())),
  ];
}

/** What is asked how a run goes, and how its answer is understood. */
function watchProblems({ watch, cancel }: HttpTargetSpec, compiler: Compiler): Problem[] {
  const path: Path = ['spec', 'http', 'watch'];
  if (!watch) {
    const remedy = 'Add watch, or remove cancel: without it a run has ended when its start is answered.';
    return cancel ? [warning(['spec', 'http', 'cancel'], 'is never called without watch', remedy)] : [];
  }
  const { url, succeeded, failed } = watch;
  for (const [name, condition] of Object.entries({ succeeded, failed })) {
    if (condition !== undefined) compiler.expression(condition, ['status', 'body'], [...path, name]);
  }
  if (url === undefined) {
    const unused = succeeded !== undefined || failed !== undefined;
    const remedy = 'Add url, or remove succeeded and failed: a callback says itself how the run ended.';
    return unused ? [error(path, 'has conditions and no url to ask', remedy)] : [];
  }
  const needs = 'Write when the run has succeeded, such as succeeded: "body.state == \'done\'".';
  return [
    ...urlProblems(url, [...path, 'url']),
    ...(succeeded === undefined ? [error(path, 'never sees the end: it has a url and no succeeded', needs)] : []),
    ...(failed === undefined && succeeded !== undefined
      ? [warning(path, 'never sees a failure, only run.timeout ends one', 'Add failed.')]
      : []),
  ];
}

const IN_HEADERS = 'headers: { Authorization: { secret: "env:NAME" } }';

/** What keeps an address from being one that calls go to. `credentials`: where they belong instead. */
export function urlProblems(url: string, path: Path, credentials = IN_HEADERS): Problem[] {
  const [origin] = FIXED_ORIGIN.exec(url) ?? [];
  if (origin === undefined || !URL.canParse(origin)) {
    const remedy = 'Write scheme and host out and use ${{ }} after them; one Target for each host.';
    return [error(path, 'does not start with http:// or https:// and a host', remedy)];
  }
  return origin.includes('@') ? [error(path, 'holds credentials', `Put them into ${credentials}.`)] : [];
}

function commandProblems({ run, cwd, env }: CommandTargetSpec): Problem[] {
  const base: Path = ['spec', 'command'];
  const fixed = (text: string | undefined, path: Path): Problem[] =>
    text?.includes('${{') ? [error(path, 'may not hold ${{ }}', 'Write it out; arguments may hold ${{ }}.')] : [];
  return [
    ...fixed(run[0], [...base, 'run', 0]),
    ...fixed(cwd, [...base, 'cwd']),
    ...secretProblems(env, [...base, 'env'], () => false),
  ];
}

/** Credentials written out: an error where the name leaves no doubt, a warning where it only sounds like one. */
function secretProblems(
  values: { readonly [name: string]: string | SecretRef },
  path: Path,
  isCredential: (name: string) => boolean,
): Problem[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (typeof value !== 'string') return [];
    const remedy = `Write { secret: "env:NAME" } or { secret: "file:/path" }.`;
    if (isCredential(name)) return [error([...path, name], 'is a credential written out', remedy)];
    return LOOKS_SECRET.test(name) ? [warning([...path, name], 'looks like a credential written out', remedy)] : [];
  });
}
