/** A piece of a template string: text as it is, or the source of an expression. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string };

/**
 * Cuts a string at its `${{ … }}`. An expression ends at the first `}}` that is neither in one of its string literals or
 * comments nor closes one of its own braces.
 */
export function splitText(text: string): { ok: true; parts: readonly Part[] } | { ok: false; message: string } {
  const parts: Part[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf('${{', from);
    if (start < 0) break;
    const end = endOfExpression(text, start + 3);
    if (end < 0) return { ok: false, message: '${{ has no }} that ends it' };
    if (start > from) parts.push({ kind: 'text', text: text.slice(from, start) });
    parts.push({ kind: 'expression', source: text.slice(start + 3, end).trim() });
    from = end + 2;
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) });
  return { ok: true, parts };
}

/** Where the closing `}}` stands, -1 when there is none. */
function endOfExpression(text: string, from: number): number {
  let open = 0;
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"' || char === "'") {
      at = endOfLiteral(text, at);
    } else if (text.startsWith('//', at)) {
      const line = text.indexOf('\n', at);
      at = line < 0 ? text.length : line;
    } else if (char === '{') {
      open += 1;
    } else if (char === '}' && open > 0) {
      open -= 1;
    } else if (text.startsWith('}}', at)) {
      return at;
    }
  }
  return -1;
}

/** The last character of the string literal that opens at `start`; the end of the text when it does not close. */
function endOfLiteral(text: string, start: number): number {
  const quote = text.charAt(start);
  const mark = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  const isRaw = /(^|[^A-Za-z0-9_])(r|br|rb)$/i.test(text.slice(Math.max(0, start - 3), start));
  for (let at = start + mark.length; at < text.length; at += 1) {
    if (text.startsWith(mark, at)) return at + mark.length - 1;
    if (text.charAt(at) === '\\' && !isRaw) at += 1;
  }
  return text.length;
}
