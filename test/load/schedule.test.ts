import { describe, expect, it } from 'vitest';

import { findingsOf, loadText } from './directory.ts';

const source = (spec: string) => `apiVersion: signalbox/v1\nkind: Source\nmetadata: { name: nightly }\nspec: ${spec}\n`;
const told = (spec: string) => findingsOf(source(spec));

async function scheduleOf(spec: string) {
  const loaded = await loadText(source(spec));
  return loaded.ok ? loaded.definitions.sources.get('nightly')?.schedule : undefined;
}

describe('a schedule', () => {
  it('is compiled with its time zone, UTC where none is named', async () => {
    expect(await scheduleOf('{ type: schedule, cron: "0 2 * * *", timeZone: Asia/Kolkata }')).toMatchObject({
      kind: 'cron',
      text: '0 2 * * *',
      cron: { minutes: [0], hours: [2] },
      zone: { name: 'Asia/Kolkata' },
    });
    expect(await scheduleOf('{ type: schedule, cron: "0 2 * * *" }')).toMatchObject({ zone: { name: 'UTC' } });
  });

  it('may be an interval', async () => {
    expect(await scheduleOf('{ type: schedule, every: 6h }')).toEqual({ kind: 'every', everyMs: 21_600_000 });
    expect(await told('{ type: schedule, every: 10s }')).toEqual([]);
  });

  it('is warned about when it makes an event every few seconds', async () => {
    expect(await told('{ type: schedule, every: 5s }')).toEqual([
      '4:32 warning /spec/every makes 720 events an hour, each a workflow of its own — Make it 10s or longer, unless this is for a test.',
    ]);
  });

  it('is refused with a wrong expression, and with an unknown time zone, both at once', async () => {
    expect(await told('{ type: schedule, cron: "0 2 L * *", timeZone: Asia/Kolkatta }')).toEqual([
      expect.stringContaining('4:31 error /spec/cron "L" is not understood in the day of the month of "0 2 L * *"'),
      expect.stringContaining('4:54 error /spec/timeZone time zone "Asia/Kolkatta" is not known.'),
    ]);
  });

  it('is an expression or an interval of whole seconds', async () => {
    expect(await told('{ type: schedule }')).toEqual([
      '4:1 error /spec needs one of "cron", "every" — Add cron or every.',
    ]);
    expect(await told('{ type: schedule, cron: "0 2 * * *", every: 6h }')).toEqual([
      expect.stringContaining('exclude each other'),
    ]);
    expect(await told('{ type: schedule, every: 6h, timeZone: UTC }')).toEqual([
      expect.stringContaining('"timeZone" and "every" exclude each other'),
    ]);
    expect(await told('{ type: schedule, every: 1500ms }')).toEqual([
      expect.stringContaining('/spec/every must be whole seconds'),
    ]);
  });
});

describe('the type of a source', () => {
  it('tells which fields are wrong', async () => {
    expect(await told('{ type: schedule, auth: { bearer: { secret: "env:A" } }, every: 6h }')).toEqual([
      expect.stringContaining('error /spec/auth "auth" and "every" exclude each other'),
    ]);
    expect(await told('{ type: cloudevents, cron: "0 2 * * *" }')).toEqual([
      expect.stringContaining('error /spec/cron "cron" is a field of another type'),
    ]);
  });

  it('is one of a list', async () => {
    expect(await told('{ type: cloudevent }')).toEqual([
      '4:15 error /spec/type "cloudevent" is not allowed here — Did you mean "cloudevents"? Use one of cloudevents, schedule.',
    ]);
    expect(await told('{}')).toEqual([expect.stringContaining('required field "type" is missing')]);
  });
});
