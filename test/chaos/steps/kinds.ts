/** A kind of run: how it is defined, and what of it a target sees. */
export type Kind = {
  readonly name: string;
  /** Targets that change something repeat their answer to a token; else nothing may be called twice. */
  readonly honours: boolean;
  /** Lines of the trigger, after its events. */
  readonly spec: readonly string[];
  /** What it changes, in this order: steps of the run as a target is told them. */
  readonly changes: readonly string[];
  /** Whom it tells, in any order. */
  readonly tells: readonly string[];
  /** Undoes what was changed; a change that is not known to have happened is undone too. */
  readonly undoes: readonly string[];
  /** How it ends undisturbed: `COMPLETED`, or the type of its failure. */
  readonly ends: string;
};

/** A call of which the answer is held back goes on until its worker is killed. */
const STOPPED = '3m';
const RETRY = '    retry: { delays: [200ms, 500ms, 1s] }';

type Shape = Omit<Kind, 'name' | 'honours' | 'spec'> & {
  readonly name: string;
  /** `sure-` or `once-` is before the name of what is called. */
  readonly spec: (sure: string) => readonly string[];
};

const deploy = (auc: number) => (sure: string) => [
  '  run:',
  '    kind: deploy',
  `    lane: 'steps/\${{ key }}'`,
  `    version: '\${{ event.data.version }}'`,
  RETRY,
  `    guard: { target: current, expect: 'result.running == 0' }`,
  `    stage: { target: ${sure}-stage }`,
  '    smoke:',
  `      - { http: { url: 'TARGET/\${{ key }}/health', expect: 'body.ok' }, timeout: ${STOPPED} }`,
  `      - { target: evaluate, expect: 'result.auc >= ${auc}', timeout: ${STOPPED} }`,
  '    promote:',
  `      target: ${sure}-promote`,
  `      steps: [{ weight: 10, bake: 500ms, expect: 'result.errorRate < 0.1' }, { weight: 100 }]`,
  '      check: { target: metrics }',
  '      approval: { timeout: 10m, notify: [{ target: sure-people }] }',
  `    verify: [{ http: { url: 'TARGET/\${{ key }}/health', expect: 'body.ok' }, timeout: ${STOPPED} }]`,
  `    revert: [{ target: ${sure}-route, of: promote }, { target: ${sure}-stage }]`,
];

/** Every kind of run. A further one is a further row. */
const SHAPES: readonly Shape[] = [
  {
    name: 'watched',
    spec: (sure) => [
      '  run:',
      `    target: ${sure}-pipeline`,
      '    pool: steps',
      RETRY,
      `    guard: { target: current, expect: 'result.running == 0' }`,
    ],
    changes: ['start'],
    tells: [],
    undoes: [],
    ends: 'COMPLETED',
  },
  {
    name: 'called-back',
    spec: (sure) => [
      '  emit:',
      `    started: { type: '\${{ key }}.started', to: ${sure}-people }`,
      `    succeeded: { type: '\${{ key }}.succeeded', to: ${sure}-people }`,
      '  run:',
      `    target: ${sure}-caller`,
      RETRY,
    ],
    changes: ['start'],
    tells: ['emit/started', 'emit/succeeded'],
    undoes: [],
    ends: 'COMPLETED',
  },
  {
    name: 'deploy',
    spec: deploy(0.9),
    changes: ['stage', 'promote/10%', 'promote/100%'],
    tells: ['approval'],
    undoes: ['revert/0', 'revert/1'],
    ends: 'COMPLETED',
  },
  {
    name: 'reverted',
    spec: deploy(0.99),
    changes: ['stage', 'revert/0'],
    tells: [],
    undoes: ['revert/0'],
    ends: 'run_failed',
  },
  {
    name: 'rollback',
    spec: (sure) => [
      '  run:',
      '    kind: rollback',
      `    lane: 'steps/\${{ key }}'`,
      RETRY,
      `    guard: { target: current, expect: 'result.running == 0' }`,
      `    route: { target: ${sure}-route }`,
      `    notify: [{ target: ${sure}-people, params: { outcome: '\${{ outcome.status }}' } }]`,
      `    incident: { target: ${sure}-pager }`,
    ],
    changes: ['route'],
    tells: ['notify/0', 'incident'],
    undoes: [],
    ends: 'COMPLETED',
  },
  {
    name: 'fan-out',
    spec: (sure) => [
      '  run:',
      '    kind: fanOut',
      '    over: [north, south]',
      `    branch: { target: ${sure}-region, params: { of: '\${{ item }}' } }`,
      '    parallel: 1',
      '    pool: steps',
      RETRY,
      `    guard: { target: current, expect: 'result.running == 0' }`,
      `    then: { target: ${sure}-aggregate }`,
    ],
    changes: ['branch/north', 'branch/south', 'then'],
    tells: [],
    undoes: [],
    ends: 'COMPLETED',
  },
];

/** Each kind with a target that honours its token, and with one that may only be called once. */
export const KINDS: readonly Kind[] = [true, false].flatMap((honours) =>
  SHAPES.map(({ name, spec, ...rest }) => {
    const sure = honours ? 'sure' : 'once';
    return { ...rest, honours, name: `${name}-${sure}`, spec: spec(sure) };
  }),
);

const WATCH = `watch: { url: 'TARGET/\${{ key }}/look', every: 500ms, succeeded: 'body.state == "done"' }`;

/** Every target the kinds name, at the address of the one that remembers. */
export function targetDefinitions(url: string): string {
  const changing = ['pipeline', 'caller', 'stage', 'promote', 'route', 'people', 'pager', 'region', 'aggregate'];
  const targets = [
    ...changing.flatMap((name) => [
      targetDocument(`sure-${name}`, extraOf(name), 'retry'),
      targetDocument(`once-${name}`, extraOf(name), 'hold'),
    ]),
    // What is only read may be asked again.
    targetDocument('current', ', method: GET', 'retry'),
    targetDocument('evaluate', '', 'retry'),
    targetDocument('metrics', '', 'retry'),
    'kind: Pool\nmetadata: { name: steps }\nspec: { limit: 1000 }',
  ];
  return documents(targets).replaceAll('TARGET', url);
}

function extraOf(name: string): string {
  if (name === 'pipeline') return `, ${WATCH}`;
  return name === 'caller' ? ', watch: {}' : '';
}

function targetDocument(name: string, extra: string, onUnknown: string): string {
  return `kind: Target
metadata: { name: ${name} }
spec: { http: { url: 'TARGET/\${{ key }}/${name}', timeout: ${STOPPED}${extra} }, onUnknown: ${onUnknown} }`;
}

/** A trigger of its own, with an instance of its own, for one run of a kind. Its name is its key too. */
export function triggerDefinitions(url: string, triggers: readonly { readonly name: string; readonly kind: Kind }[]) {
  return documents(
    triggers.map(
      ({ name, kind }) => `kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${name}] } }
  key: '\${{ event.type }}'
  concurrency: { limit: 1, onExcess: queue }
${kind.spec.join('\n')}`,
    ),
  ).replaceAll('TARGET', url);
}

function documents(texts: readonly string[]): string {
  return texts.map((text) => `apiVersion: signalbox/v1\n${text}\n`).join('---\n');
}
