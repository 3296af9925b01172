/** The shared dev server of the e2e project: a file database, free ports, the default namespace made ready. */
export type ProvidedTemporal = {
  readonly address: string;
  readonly namespace: string;
  /** The executable it runs, for tests that start a server of their own (`bin` of startEmbedded). */
  readonly bin: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    /** e2e: one server for all its test files; isolate by task queue and workflow id. */
    temporal: ProvidedTemporal;
    /** workflows: an executable for `TestWorkflowEnvironment.createTimeSkipping`, as its `existing-path`. */
    testServerPath: string;
  }
}

/** Progress of set-up, beside what vitest prints. */
export function report(line: string): void {
  process.stderr.write(`${line}\n`);
}
