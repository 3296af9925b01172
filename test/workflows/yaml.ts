/** What a file of a trigger says; the members of each list are lines of YAML. */
export type Written = {
  readonly key?: string;
  readonly collect?: string;
  /** Further members of the trigger's spec. */
  readonly stages?: readonly string[];
  /** The members of `run`. */
  readonly run: readonly string[];
};

/** A trigger for the events whose type is its name. */
export function triggerYaml(name: string, { key, collect, stages = [], run }: Written): string {
  const spec = [
    ...(key === undefined ? [] : [`key: "${key}"`]),
    ...(collect === undefined ? [] : [`collect: "${collect}"`]),
    ...stages,
    'run:',
    ...run.map((line) => `  ${line}`),
  ];
  return `---
apiVersion: signalbox/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  events: { pattern: { type: [${name}] } }
${spec.map((line) => `  ${line}`).join('\n')}
`;
}

/** A target at a place of a server that has its name. `http` are further members of its `http`, `spec` of its spec. */
export function targetYaml(name: string, server: string, http: readonly string[] = [], spec: readonly string[] = []) {
  const settings = [`url: "${server}/${name}"`, ...http].join(', ');
  return `---
apiVersion: signalbox/v1
kind: Target
metadata: { name: ${name} }
spec: { ${[`http: { ${settings} }`, ...spec].join(', ')} }
`;
}
