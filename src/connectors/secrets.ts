import type { Json } from '../spec/json.ts';
import type { SecretRef } from '../spec/targets/secret.ts';
import type { ResolveSecret } from './target.ts';

const REDACTED = '[redacted]';

/** Shortest part of a secret that is taken out on its own: shorter ones (`Bearer` aside) occur by chance. */
const PART_MIN_CHARS = 8;

/** Settings with every secret in place of its reference, and what takes those secrets out of texts again. */
export type Resolved = { readonly values: Readonly<Record<string, string>>; readonly redact: Redactor };

/** Takes secrets out of what others wrote. */
export type Redactor = {
  text(text: string): string;
  /** Values and member names. */
  json(value: Json): Json;
  /** For bytes that come in pieces; holds back what may be the beginning of a secret until `end`. */
  stream(): { add(chunk: Buffer): Buffer; end(): Buffer };
};

const NOTHING_TO_REDACT: Redactor = {
  text: (text) => text,
  json: (value) => value,
  stream: () => ({ add: (chunk) => chunk, end: () => Buffer.alloc(0) }),
};

function redactStream(forms: readonly string[]): ReturnType<Redactor['stream']> {
  // Latin-1 gives every byte a character of its own, so no piece of a longer character is lost between chunks.
  const bytes = forms.map((form) => Buffer.from(form).toString('latin1'));
  const holdBack = Math.max(...bytes.map((form) => form.length)) - 1;
  let held = '';
  return {
    add: (chunk) => {
      const text = bytes.reduce((rest, form) => rest.replaceAll(form, REDACTED), held + chunk.toString('latin1'));
      const ready = Math.max(0, text.length - holdBack);
      held = text.slice(ready);
      return Buffer.from(text.slice(0, ready), 'latin1');
    },
    end: () => Buffer.from(held, 'latin1'),
  };
}

/** The forms in which an echo may carry a secret: as sent, its parts, escaped for JSON or a URL, in base64. */
function formsOf(secret: string): string[] {
  const parts = secret.split(/\s+/).filter((part) => part.length >= PART_MIN_CHARS);
  return [secret, ...parts].flatMap((part) => [
    part,
    JSON.stringify(part).slice(1, -1),
    encodeURIComponent(part.replace(/\p{Cs}/gu, '')),
    Buffer.from(part).toString('base64'),
  ]);
}

/** Builds what replaces every form of the secrets. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const forms = [...new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf))].filter((form) => form !== '');
  forms.sort((a, b) => b.length - a.length);
  const text = (value: string): string => forms.reduce((rest, form) => rest.replaceAll(form, REDACTED), value);
  const json = (value: Json): Json => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number') return forms.includes(String(value)) ? REDACTED : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(json);
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [text(name), json(member)]));
  };
  return forms.length === 0 ? NOTHING_TO_REDACT : { text, json, stream: () => redactStream(forms) };
}

/**
 * Resolves the secret references among settings; `detail` names the ones that could not be. `further` are secrets that
 * go out with the call as well.
 */
export function resolveSettings(
  settings: Readonly<Record<string, string | SecretRef>>,
  resolveSecret: ResolveSecret,
  further: readonly string[] = [],
): { readonly ok: true; readonly resolved: Resolved } | { readonly ok: false; readonly detail: string } {
  const values: [string, string][] = [];
  const secrets = [...further];
  const missing: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    if (typeof setting === 'string') {
      values.push([name, setting]);
      continue;
    }
    const secret = resolveSecret(setting.secret);
    if (!secret.ok) missing.push(`${name}: ${secret.detail}`);
    else {
      values.push([name, secret.value]);
      secrets.push(secret.value);
    }
  }
  if (missing.length > 0) return { ok: false, detail: missing.join('; ') };
  return { ok: true, resolved: { values: Object.fromEntries(values), redact: createRedactor(secrets) } };
}
