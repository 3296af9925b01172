/** Stars a wildcard may have: each one adds a scan of the text. */
export const WILDCARD_STARS_MAX = 8;

/** A wildcard cut at its stars: n stars leave n + 1 literal pieces. */
export type Wildcard = readonly string[];

/**
 * Reads a wildcard: `*` is any run of characters, the empty one too; `\*` and `\\` are the only escapes. Returns a message
 * when the text is not a wildcard.
 */
export function parseWildcard(text: string): Wildcard | { readonly message: string } {
  const pieces = [''];
  let piece = '';
  let afterStar = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '*') {
      if (afterStar) return { message: `two stars stand together at ${at - 1}: one matches the same` };
      pieces.push('');
      piece = '';
      afterStar = true;
      continue;
    }
    afterStar = false;
    if (char === '\\') {
      at += 1;
      if (text[at] !== '*' && text[at] !== '\\') return { message: `\\ at ${at - 1} must be followed by * or \\` };
    }
    piece += text.charAt(at);
    pieces[pieces.length - 1] = piece;
  }
  if (pieces.length - 1 > WILDCARD_STARS_MAX) return { message: `more than ${WILDCARD_STARS_MAX} stars` };
  return pieces;
}

/** Matches by taking the first place of each piece in turn: linear in the text for every star, never backtracking. */
export function matchesWildcard(text: string, pieces: Wildcard): boolean {
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}
