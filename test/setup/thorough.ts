const { SIGNALBOX_THOROUGH } = process.env;

/** Whether tests look as closely as they can, instead of as closely as a run at every change has time for. */
export const THOROUGH = SIGNALBOX_THOROUGH === '1';

/** How many random cases a property looks at: one in five of `all`, which a thorough run looks at. */
export function cases(all: number): number {
  return THOROUGH ? all : Math.ceil(all / 5);
}
