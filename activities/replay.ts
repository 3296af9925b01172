import type { Activities } from './interface.ts';
import type { TellDependencies } from './tell.ts';

/** Hands a run that was given up over to the instance of its trigger, under the definition that is loaded now. */
export function createReplayRun({ committer, definitions, log }: TellDependencies): Activities['replayRun'] {
  return async ({ trigger, ...replay }) => {
    const definition = definitions().triggers.get(trigger)?.definition;
    if (!definition) {
      return { ok: false, code: 'replay_refused', detail: `No trigger is named ${trigger} in the loaded definitions.` };
    }
    const handed = await committer.replay(definition, replay);
    const of = { trigger, runId: replay.run.runId, key: replay.run.key, by: replay.by };
    if (handed.ok) log.info({ ...of, replayedAs: handed.runId, fate: handed.fate }, 'dead letter replayed');
    else log.warn({ ...of, code: handed.code, detail: handed.detail }, 'a replay was refused');
    return handed;
  };
}
