/**
 * Dynamic configuration the design's latency and throughput rest on, by the server's own key names. The embedded server
 * gets them as flags; deploy/temporal/dynamic-config.yaml holds the same for compose, and a test compares the two.
 */
export const SERVER_SETTINGS: Readonly<Record<string, number | boolean>> = {
  // One shard polls each queue at most 20 times a second as shipped: every hop would wait 40 to 50 ms.
  'history.transferProcessorMaxPollRPS': 2_000,
  'history.timerProcessorMaxPollRPS': 2_000,
  'history.visibilityProcessorMaxPollRPS': 200,
  // Lets a worker take the activity it just scheduled without a round through matching.
  'system.enableActivityEagerExecution': true,
  // Signals buffered while a workflow task runs; above it the server fails the task.
  'history.maximumBufferedEventsSizeInBytes': 8 * 1024 * 1024,
};

/** SQLite pragmas: with a write-ahead log and full synchronisation an acknowledgement means on disk. */
export const SQLITE_PRAGMAS: Readonly<Record<string, string>> = { journal_mode: 'wal', synchronous: '2' };

/** The command line of the embedded server; all its addresses are loopback. */
export function serverArguments(server: {
  readonly port: number;
  readonly uiPort: number;
  readonly databaseFile: string;
  readonly namespace: string;
}): string[] {
  const flags = {
    ip: '127.0.0.1',
    port: server.port,
    'ui-ip': '127.0.0.1',
    'ui-port': server.uiPort,
    'db-filename': server.databaseFile,
    namespace: server.namespace,
    'log-level': 'warn',
    'log-format': 'pretty',
  };
  return [
    'server',
    'start-dev',
    ...Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, `${value}`]),
    ...Object.entries(SQLITE_PRAGMAS).flatMap(([pragma, value]) => ['--sqlite-pragma', `${pragma}=${value}`]),
    ...Object.entries(SERVER_SETTINGS).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
  ];
}
