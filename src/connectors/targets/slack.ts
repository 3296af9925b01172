import type { JsonObject } from '../../spec/json.ts';
import type { TargetSpec } from '../../spec/target.ts';
import type { SlackTargetSpec } from '../../spec/targets/slack.ts';
import { isNamed } from '../named-values.ts';
import { failedStart, isSuccess, refused, REPLY_EXCERPT_MAX_CHARS, secretMissing } from '../outgoing-answer.ts';
import { exchange } from '../outgoing-request.ts';
import { excerpt } from '../reply.ts';
import { createRedactor } from '../secrets.ts';
import type { LoadedTarget, StartRequest, Target, TargetDeps } from '../target.ts';

type Loaded = LoadedTarget<Extract<TargetSpec, { slack: SlackTargetSpec }>>;

/** Slack cuts a message at 40,000 characters; a person reads far less. */
const TEXT_MAX_CHARS = 3_000;

/** What the words of Slack come from; it answers in plain text. */
const HINTS = {
  400: 'Are the blocks valid?',
  403: 'Was the webhook revoked, or may it not post there?',
  404: 'Was the channel or the webhook removed?',
  410: 'Was the channel archived?',
};

/**
 * Posts a message by an incoming webhook of Slack. Slack has neither a token for a message nor a way to look one up, so a
 * message whose answer was lost may have been posted: `onUnknown` decides.
 */
export function createSlackTarget({ name, spec }: Loaded, deps: TargetDeps): Target {
  const { webhook, timeout: timeoutMs } = spec.slack;
  return {
    start: async (request, context) => {
      const secret = deps.resolveSecret(webhook.secret);
      if (!secret.ok) return secretMissing(`Target ${name}: ${secret.detail}`);
      const url = URL.canParse(secret.value) ? new URL(secret.value) : undefined;
      if (!url || !['http:', 'https:'].includes(url.protocol)) {
        return refused(`Target ${name}: its webhook is not an absolute http or https URL.`);
      }
      const headers = { 'content-type': 'application/json', 'accept-encoding': 'identity', 'user-agent': 'signalbox' };
      const body = JSON.stringify(messageOf(spec.slack, request));
      context.heartbeat();
      const came = await exchange({ url, method: 'POST', headers, body, timeoutMs }, context.signal);
      // Who knows the path may post.
      const redact = createRedactor([secret.value, url.pathname.slice(1)]);
      const about = `Target ${name}, POST ${url.origin}`;
      if (came.kind !== 'answered' || !isSuccess(came)) return failedStart(about, came, redact, HINTS);
      if (came.body.trim() === 'ok') return { kind: 'finished', status: 'succeeded' };
      const said = excerpt(redact.text(came.body), REPLY_EXCERPT_MAX_CHARS);
      return { kind: 'unknown', detail: `${about}: answered ${came.status} without the ok of Slack: ${said}` };
    },
  };
}

function messageOf({ text, blocks }: SlackTargetSpec, request: StartRequest): JsonObject {
  const given = isNamed(request.params) ? request.params : {};
  const shown = blocks ?? given['blocks'];
  const said = text ?? (typeof given['text'] === 'string' ? given['text'] : lineOf(request));
  return { text: clip(said), ...(shown !== undefined && { blocks: shown }) };
}

function lineOf({ trigger, key, kind, step, cause, runId, params }: StartRequest): string {
  const about = `*${escaped(trigger)}* (${escaped(key)}): ${kind}, ${escaped(step)}, cause ${cause}, run \`${runId}\``;
  const values = JSON.stringify(params);
  return values === '{}' ? about : `${about}\n\`\`\`${escaped(excerpt(values, TEXT_MAX_CHARS / 2))}\`\`\``;
}

/** The three characters that Slack gives a meaning of its own. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function clip(text: string): string {
  return text.length <= TEXT_MAX_CHARS ? text : `${text.slice(0, TEXT_MAX_CHARS - 1).replace(/\p{Cs}$/u, '')}…`;
}
