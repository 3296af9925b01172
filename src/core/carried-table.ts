import type { BatchSettings, CorrelateSettings, DebounceSettings, ThresholdSettings } from '../spec/definition.ts';

/** Rows by first appearance; each stands once. */
export class Table<T> {
  readonly rows: T[] = [];
  private readonly known = new Map<string, number>();

  indexOf(identity: string, row: () => T): number {
    const index = this.known.get(identity) ?? this.rows.push(row()) - 1;
    this.known.set(identity, index);
    return index;
  }

  /** The row of these settings, by their content. */
  rowOf(settings: T): number {
    return this.indexOf(JSON.stringify(settings), () => settings);
  }
}

/** The settings that open windows go by, each once. */
export class SettingsTables {
  readonly windows = new Table<DebounceSettings | BatchSettings>();
  readonly joins = new Table<CorrelateSettings>();
  readonly tallies = new Table<ThresholdSettings>();
}

/** The rows of the tables. */
export type SettingsRows = {
  readonly windows: readonly (DebounceSettings | BatchSettings)[];
  readonly joins: readonly CorrelateSettings[];
  readonly tallies: readonly ThresholdSettings[];
};
