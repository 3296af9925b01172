/** What a command ends with: 0 fine, 1 the answer is no, 2 it could not run. Scripts rely on the three. */
export const EXIT = { fine: 0, no: 1, couldNotRun: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Why a command could not run, as one line, and what to do about it. */
export type CouldNotRun = { readonly ok: false; readonly message: string; readonly remedy: string };

/** Builds the answer of something that could not run. */
export function couldNotRun(message: string, remedy: string): CouldNotRun {
  return { ok: false, message, remedy };
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
