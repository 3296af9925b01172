import { moment } from './moment.ts';

/** Columns of a terminal that does not say how many it has. */
const COLUMNS_DEFAULT = 80;
/** Narrower than this, lines are not wrapped further: every word would stand alone. */
const TEXT_COLUMNS_MIN = 24;
const RFC_3339 = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z/g;

/** Columns of the terminal, or 80 where the answer goes elsewhere. */
export function terminalColumns(): number {
  return process.stdout.columns || COLUMNS_DEFAULT;
}

/** Moments of a sentence as people read them. */
export function readable(sentence: string, nowMs: number): string {
  return sentence.replaceAll(RFC_3339, (text) => moment(text, nowMs));
}

/** A text after its head, broken at spaces; the lines after the first are indented to where the text begins. */
export function wrapped(head: string, text: string, columns: number): readonly string[] {
  const width = Math.max(TEXT_COLUMNS_MIN, columns - head.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  const indent = ' '.repeat(head.length);
  return [...lines, line].map((one, index) => `${index === 0 ? head : indent}${one}`.trimEnd());
}
