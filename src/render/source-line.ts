import { diffArrays } from "diff";

/**
 * The line of a template that a line of its text was made from, both from 1.
 *
 * Lines that came through unchanged lead the way; between them, as many lines as there are stand
 * in the same order, so that a line with `{{ … }}` is found by its place.
 */
export function sourceLine(template: string, text: string, line: number): number {
  let [from, made] = [0, 0];
  let removed: { readonly at: number; readonly count: number } | undefined;
  for (const part of diffArrays(template.split("\n"), text.split("\n"))) {
    const count = part.value.length;
    if (!part.added && !part.removed) {
      if (line <= made + count) return from + (line - made);
      from += count;
      made += count;
      removed = undefined;
      continue;
    }
    if (part.removed) {
      // What replaces it comes next.
      removed = { at: from, count };
      from += count;
    } else {
      if (line <= made + count) {
        const offset = line - made;
        return removed ? removed.at + Math.min(offset, removed.count) : Math.max(1, from);
      }
      made += count;
      removed = undefined;
    }
  }
  return Math.min(line, from);
}

/** The line of the repository's file that a line of a release's file came from. */
export function lineInSource(
  file: { readonly template?: string; readonly content: string },
  line: number,
): number {
  return file.template === undefined ? line : sourceLine(file.template, file.content, line);
}
