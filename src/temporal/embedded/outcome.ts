/** What could not be done, in one message for a person, and what to do about it. */
export type SetupFailure = { readonly ok: false; readonly message: string; readonly remedy: string };

/** Builds a failure of set-up. */
export function setupFailure(message: string, remedy: string): SetupFailure {
  return { ok: false, message, remedy };
}
