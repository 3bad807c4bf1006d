/** GitHub refuses a comment above this many characters. */
const limit = 65_536;

/** The line by which a comment of ours is found again, one for each app and environment. */
export function markerOf(app: string, environment: string): string {
  return `<!-- quadlet-deploy: ${`${app}/${environment}`.replace(/-{2,}/g, "-")} -->`;
}

/**
 * A comment's text: the marker, and the page, cut where it does not fit.
 *
 * @param where the whole page can be read there; "" where nobody knows
 */
export function commentBody(marker: string, page: string, where: string): string {
  const note = `\n\n*This is too long for a comment; the rest is ${where ? `in the summary of [the run](${where})` : "in the run's summary"}.*\n`;
  const whole = `${marker}\n${page}`;
  return whole.length <= limit ? whole : `${cut(whole, limit - note.length - 200)}${note}`;
}

/** The beginning of a page, to the end of a line, with what is open there closed. */
function cut(page: string, length: number): string {
  const kept = page.slice(0, page.lastIndexOf("\n", length));
  const fences = [...kept.matchAll(/^(`{3,})/gm)].map(([mark]) => mark);
  const open = fences.length % 2 === 1 ? (fences.at(-1) ?? "") : "";
  const folded = count(kept, "<details>") - count(kept, "</details>");
  return `${kept}${open && `\n${open}`}${"\n\n</details>".repeat(Math.max(0, folded))}`;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
