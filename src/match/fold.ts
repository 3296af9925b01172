/**
 * Ignoring case as EventBridge does: per character of the pattern its lower-case or its upper-case form, nothing else.
 * So `K` does not match the Kelvin sign, and `ß` matches `ß` or `SS` but not `ss`.
 */
export type FoldedText = readonly (readonly string[])[];

/** The accepted forms of each character (code point) of a pattern. */
export function foldText(text: string): FoldedText {
  return Array.from(text, (char) => [...new Set([char.toLowerCase(), char.toUpperCase()])]);
}

/** Whether the text is the folded pattern. */
export function equalsFolded(text: string, folded: FoldedText): boolean {
  return endOfPrefix(text, folded) === text.length;
}

/** Whether the text starts with the folded pattern. */
export function startsWithFolded(text: string, folded: FoldedText): boolean {
  return endOfPrefix(text, folded) !== undefined;
}

/** Whether the text ends with the folded pattern. */
export function endsWithFolded(text: string, folded: FoldedText): boolean {
  let end = text.length;
  for (const forms of folded.toReversed()) {
    const form = forms.find((candidate) => text.endsWith(candidate, end));
    if (form === undefined) return false;
    end -= form.length;
  }
  return true;
}

/** No form of a character begins or ends with another form of it, so the first that fits is the only one. */
function endOfPrefix(text: string, folded: FoldedText): number | undefined {
  let end = 0;
  for (const forms of folded) {
    const form = forms.find((candidate) => text.startsWith(candidate, end));
    if (form === undefined) return undefined;
    end += form.length;
  }
  return end;
}
