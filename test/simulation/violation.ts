/** A promise that was not kept. */
export class Violation extends Error {
  constructor(promise: string) {
    super(promise);
    this.name = 'Violation';
  }
}

/** Ends a simulation where a promise is not kept. */
export function promise(isKept: boolean, what: () => string): void {
  if (!isKept) throw new Violation(what());
}
