import { eventFromJson } from '../connectors/cloud-event.ts';
import type { CloudEvent } from '../spec/event.ts';
import type { TriggerSpec } from '../spec/trigger.ts';
import { error, type Path, type Problem } from './finding.ts';

/** A sample goes into history with every target that is asked, so that its templates can be filled in. */
const SAMPLE_MAX_BYTES = 32_768;

const EVENT_PATH: Path = ['spec', 'probe', 'event'];

/** Reads the event that a trigger names for its probes, filled in where something is left out. */
export function compileProbe({ probe }: TriggerSpec): {
  readonly sample?: CloudEvent;
  readonly problems: readonly Problem[];
} {
  const written = probe?.event;
  if (written === undefined) return { problems: [] };
  const bytes = Buffer.byteLength(JSON.stringify(written));
  if (bytes > SAMPLE_MAX_BYTES) {
    const message = `has ${bytes} bytes, more than ${SAMPLE_MAX_BYTES}`;
    return { problems: [error(EVENT_PATH, message, 'Leave out what the trigger and its targets do not read.')] };
  }
  const filled = { specversion: '1.0', id: 'probe', source: 'signalbox/probes', type: 'signalbox.probe', ...written };
  const reading = eventFromJson(filled, '');
  if (reading.ok) return { sample: reading.event, problems: [] };
  const { detail, violations = [] } = reading.refusal;
  const below = violations[0]?.pointer.split('/').slice(1) ?? [];
  const message = `is ${detail.charAt(0).toLowerCase()}${detail.slice(1)}`;
  return { problems: [error([...EVENT_PATH, ...below], message, 'Correct the event.')] };
}
