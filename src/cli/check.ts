/** One thing `doctor` looked at. A warning works today and may not tomorrow. */
export type Check = {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly remedy?: string;
};

export function ok(name: string, detail: string): Check {
  return { name, level: 'ok', detail };
}

export function warn(name: string, detail: string, remedy: string): Check {
  return { name, level: 'warn', detail, remedy };
}

export function fail(name: string, detail: string, remedy: string): Check {
  return { name, level: 'fail', detail, remedy };
}
