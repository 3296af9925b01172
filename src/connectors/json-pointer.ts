/** RFC 6901 pointer of a child: `~` and `/` in the token are escaped. */
export function pointerTo(parent: string, token: string | number): string {
  return `${parent}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
