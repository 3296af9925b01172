import type { Connection } from '@temporalio/client';
import { msToTs, optionalTsToMs } from '@temporalio/common/lib/time.js';

const DAY_MS = 86_400_000;

/**
 * How long a closed run is remembered, and with it how long the same run id cannot start twice. The dev server creates
 * its namespace with one day.
 */
export const RETENTION_MS = 30 * DAY_MS;

/** `INDEXED_VALUE_TYPE_KEYWORD` of the API. SQL stores have room for ten a namespace. */
const KEYWORD = 2;

/** One way in which a namespace is not as it should be. */
export type NamespaceDifference =
  | { readonly kind: 'retention'; readonly actualMs: number; readonly wantedMs: number; readonly remedy: string }
  | {
      readonly kind: 'searchAttribute';
      readonly name: string;
      /** Whether an attribute of that name and another type is there. */
      readonly actual: 'missing' | 'notKeyword';
      readonly remedy: string;
    };

/** Compares a namespace with what Signalbox needs, without changing it. Throws what the server refuses. */
export async function checkNamespace(
  connection: Connection,
  namespace: string,
  keywords: readonly string[],
): Promise<readonly NamespaceDifference[]> {
  const [described, registered] = await Promise.all([
    connection.workflowService.describeNamespace({ namespace }),
    connection.operatorService.listSearchAttributes({ namespace }),
  ]);
  const differences: NamespaceDifference[] = [];
  const actualMs = optionalTsToMs(described.config?.workflowExecutionRetentionTtl) ?? 0;
  if (actualMs < RETENTION_MS) {
    const remedy = `temporal operator namespace update -n ${namespace} --retention ${RETENTION_MS / DAY_MS}d`;
    differences.push({ kind: 'retention', actualMs, wantedMs: RETENTION_MS, remedy });
  }
  for (const name of keywords) {
    const type = registered.customAttributes?.[name];
    if (type === KEYWORD) continue;
    const remedy = `temporal operator search-attribute create -n ${namespace} --name ${name} --type Keyword`;
    const actual = type === undefined ? 'missing' : 'notKeyword';
    differences.push({ kind: 'searchAttribute', name, actual, remedy });
  }
  return differences;
}

/**
 * Makes the embedded server's namespace as it should be: retention of at least 30 days, the keyword search attributes.
 * Changes only what differs, so it is called at every start. Elsewhere `checkNamespace` reports and nobody changes.
 */
export async function prepareNamespace(
  connection: Connection,
  namespace: string,
  keywords: readonly string[],
): Promise<void> {
  const differences = await checkNamespace(connection, namespace, keywords);
  if (differences.some(({ kind }) => kind === 'retention')) {
    const config = { workflowExecutionRetentionTtl: msToTs(RETENTION_MS) };
    await connection.workflowService.updateNamespace({ namespace, config });
  }
  const missing = differences.flatMap((each) => (each.kind === 'searchAttribute' ? [each.name] : []));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD] as const));
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
