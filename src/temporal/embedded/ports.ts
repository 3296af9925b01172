import { createServer } from 'node:net';

import { setupFailure } from './outcome.ts';
import type { SetupFailure } from './outcome.ts';

/** A wanted port. `asked`: a person named it, so it is used or refused, never replaced. 0 is any free port. */
export type PortRequest = { readonly number: number; readonly asked: boolean };

export type PortChoice =
  | {
      readonly ok: true;
      readonly port: number;
      /** The taken default this port stands in for. */ readonly instead?: number;
    }
  | SetupFailure;

/**
 * Settles on a port of `host` (an IP address): the wanted one, or a free one where a default is taken.
 * `what` and `variable` name it in the message. The port is free when checked; who binds it may still lose a race.
 */
export async function choosePort(
  wanted: PortRequest,
  { host, what, variable }: { readonly host: string; readonly what: string; readonly variable: string },
): Promise<PortChoice> {
  const tried = await tryListen(wanted.number, host);
  if (tried.ok) return { ok: true, port: tried.port };
  if (wanted.asked) {
    const why = tried.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${tried.code})`;
    const remedy = `Stop what listens there, or set ${variable} to another port (0 for any free one).`;
    return setupFailure(`Port ${wanted.number} for ${what} ${why}`, remedy);
  }
  const free = await tryListen(0, host);
  if (free.ok) return { ok: true, port: free.port, instead: wanted.number };
  return setupFailure(`No port is free for ${what} on ${host} (${free.code})`, 'Check the address and its free ports.');
}

type Listened = { readonly ok: true; readonly port: number } | { readonly ok: false; readonly code: string };

/** Listens for an instant: the only check that sees what the operating system will say. */
async function tryListen(port: number, host: string): Promise<Listened> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve({ ok: false, code: 'code' in error ? String(error.code) : error.message }));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const bound = address !== null && typeof address === 'object' ? address.port : port;
      server.close(() => resolve({ ok: true, port: bound }));
    });
  });
}
