/** Something a person should know about a definition file, with what to do about it. */
export type Finding = {
  readonly severity: 'error' | 'warning';
  /** As the directory was given, so that a terminal can open it. */
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** RFC 6901 pointer into the YAML document; empty for the document or file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
};

/** Where in a document: member names and list positions from its root. */
export type Path = readonly (string | number)[];

/** A finding before it is placed in a file. */
export type Problem = {
  readonly severity: 'error' | 'warning';
  readonly path: Path;
  /** Point at the field's name rather than at its value. */
  readonly atName?: boolean;
  readonly message: string;
  readonly remedy: string;
};

/** One line for people: `file:line:column severity path message — remedy`. */
export function formatFinding(finding: Finding): string {
  const { file, line, column, severity, path, message, remedy } = finding;
  return `${file}:${line}:${column} ${severity} ${path === '' ? '' : `${path} `}${message} — ${remedy}`;
}

/** A finding about a whole file or directory. */
export function fileFinding(file: string, message: string, remedy: string): Finding {
  return { severity: 'error', file, line: 1, column: 1, path: '', message, remedy };
}

/** Order of reading: by file, then from top to bottom. */
export function inReadingOrder(findings: readonly Finding[]): Finding[] {
  const byFile = (a: Finding, b: Finding): number => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
  return findings.toSorted((a, b) => byFile(a, b) || a.line - b.line || a.column - b.column);
}

export function error(path: Path, message: string, remedy: string): Problem {
  return { severity: 'error', path, message, remedy };
}

export function warning(path: Path, message: string, remedy: string): Problem {
  return { severity: 'warning', path, message, remedy };
}
