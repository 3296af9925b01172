import { Command } from 'commander';

import type { startProcess } from '../process.ts';
import type { Settings } from '../settings.ts';
import { serve } from './serve.ts';

/** The `signalbox` command. */
export function createProgram(settings: Settings, start: typeof startProcess): Command {
  const program = new Command('signalbox').description('Signals in, trains out.').version('0.1.0');
  program
    .command('dev')
    .description('everything in one process: Temporal with its UI, the worker and HTTP')
    .action(() => serve(settings, { http: true, worker: true }, start));
  program
    .command('serve')
    .description('the HTTP side only')
    .action(() => serve(settings, { http: true, worker: false }, start));
  program
    .command('worker')
    .description('the worker only')
    .action(() => serve(settings, { http: false, worker: true }, start));
  return program;
}
