import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One piece of text on a page, with its place for failure messages. */
export type Piece = { readonly text: string; readonly at: string };

/** One page: its prose lines, and everything in it that is code. */
export type Page = {
  readonly file: string;
  /** Every line of the file. */
  readonly lines: readonly Piece[];
  /** Lines outside of fenced code, with inline code left out. */
  readonly prose: readonly Piece[];
  /** Inline code. */
  readonly spans: readonly Piece[];
  /** Lines of fenced code, with the language of their fence. */
  readonly fenced: readonly (Piece & { readonly language: string })[];
};

const FENCE = /^\s*```(\w*)/;

/** Every file below a folder whose name ends so, sorted; none where there is no such folder. */
export function filesBelow(folder: string, ending: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .toSorted();
}

/** Every page people read, generated ones included. */
export function allPages(): readonly Page[] {
  const files = [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    ...filesBelow('docs', '.md'),
    ...filesBelow('examples', '.md'),
  ];
  return files.map(readPage);
}

/** Reads one page; paths count from the root of the project. */
export function readPage(file: string): Page {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((text, index) => ({ text, at: `${file}:${index + 1}` }));
  const fenced: (Piece & { readonly language: string })[] = [];
  const outside: Piece[] = [];
  let language: string | undefined;
  for (const line of lines) {
    const fence = FENCE.exec(line.text);
    if (fence) language = language === undefined ? (fence[1] ?? '') : undefined;
    else if (language === undefined) outside.push(line);
    else fenced.push({ ...line, language });
  }
  const spans = outside.flatMap(({ text, at }) =>
    [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => ({ text: code, at })),
  );
  const prose = outside.map(({ text, at }) => ({ text: text.replaceAll(/`[^`]+`/g, ''), at }));
  return { file, lines, prose, spans, fenced };
}

/** The cells of the rows of a table below a heading, the inline code's backticks kept. */
export function tableBelow(page: Page, heading: string): readonly (Piece & { readonly cells: readonly string[] })[] {
  const start = page.lines.findIndex(({ text }) => text === heading);
  const rest = start < 0 ? [] : page.lines.slice(start + 1);
  const end = rest.findIndex(({ text }) => /^#{1,2} /.test(text));
  const rows = rest
    .slice(0, end < 0 ? rest.length : end)
    .filter(({ text }) => text.startsWith('|'))
    .slice(2);
  return rows.map(({ text, at }) => ({
    text,
    at,
    cells: text
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  }));
}
