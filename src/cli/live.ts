import type { Definitions } from '../load/definitions.ts';
import { formatFinding, loadWritten } from '../load/load.ts';
import { isList, isObject } from '../match/json.ts';
import type { Json } from '../spec/json.ts';
import { callService, problemText, type Service } from './api.ts';
import { type CouldNotRun, couldNotRun } from './exit.ts';

/** The definitions the running service decides by. */
export async function liveDefinitions(
  service: Service,
): Promise<{ readonly ok: true; readonly definitions: Definitions } | CouldNotRun> {
  const reply = await callService(service, '/v1/definitions');
  if (!reply.ok) return reply;
  if (reply.status !== 200) {
    const message = `The service at ${service.url} answered ${reply.status} ${problemText(reply.body)}`;
    return couldNotRun(message, 'Check that it is of the same version as this command.');
  }
  const body: Json = JSON.parse(JSON.stringify(reply.body));
  const documents = isObject(body) ? body['definitions'] : undefined;
  const loaded = await loadWritten(isList(documents) ? documents.filter(isObject) : [], { now: Date.now });
  if (loaded.ok) return { ok: true, definitions: loaded.definitions };
  const [first] = loaded.findings;
  const message = `The definitions of the service at ${service.url} are not understood here: ${first ? formatFinding(first) : ''}`;
  return couldNotRun(message, 'Check that it is of the same version as this command.');
}
