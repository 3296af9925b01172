import type { Json, JsonObject } from '../spec/json.ts';

export function isNamed(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parameters for a target that takes text only: text as it is, anything else as JSON. */
export function asTexts(values: JsonObject): (readonly [name: string, text: string])[] {
  return Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}
