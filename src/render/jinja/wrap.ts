/** Lines of a width, as Python's `textwrap` breaks them. */
import * as python from "./python.js";

export interface Wrapping {
  readonly width: number;
  readonly breakLongWords: boolean;
  readonly breakOnHyphens: boolean;
}

const space = "[\\t\\n\\v\\f\\r ]";
const other = "[^\\t\\n\\v\\f\\r ]";
const word = "[\\p{L}\\p{N}_]";
const letter = "[\\p{L}\\p{Nl}\\p{No}_]";
const punctuated = `[\\p{L}\\p{N}_!"'&.,?]`;

/** Where a line may be broken: at space, after the hyphen of a word, around a dash of several. */
const pieces = new RegExp(
  [
    `(${space}+`,
    `(?<=${punctuated})-{2,}(?=${word})`,
    `${other}+?(?:-(?:(?<=${letter}{2}-)|(?<=${letter}-${letter}-))(?=${letter}-?${letter})` +
      `|(?=${space}|$)|(?<=${punctuated})(?=-{2,}${word})))`,
  ].join("|"),
  "u",
);
const words = new RegExp(`(${space}+)`);

/** The lines of a text that has no line ends itself. */
export function wrap(text: string, how: Wrapping): string[] {
  const chunks = text.split(how.breakOnHyphens ? pieces : words).filter(Boolean);
  chunks.reverse();
  const lines: string[] = [];
  while (chunks.length > 0) {
    if (lines.length > 0 && isBlank(chunks.at(-1))) chunks.pop();
    const line = takeLine(chunks, how);
    if (isBlank(line.at(-1))) line.pop();
    if (line.length > 0) lines.push(line.join(""));
  }
  return lines;
}

/** Takes from the end of `chunks` what goes on a line, and breaks what alone is too long for one. */
function takeLine(chunks: string[], how: Wrapping): string[] {
  const line: string[] = [];
  let length = 0;
  for (let next = chunks.at(-1); next !== undefined; next = chunks.at(-1)) {
    if (length + python.length(next) > how.width) break;
    length += python.length(next);
    line.push(next);
    chunks.pop();
  }
  const rest = chunks.at(-1);
  if (rest === undefined || python.length(rest) <= how.width) return line;
  if (how.breakLongWords) {
    const characters = python.characters(rest);
    const end = breakAt(characters, how.width - length, how.breakOnHyphens);
    line.push(characters.slice(0, end).join(""));
    chunks.pop();
    chunks.push(characters.slice(end).join(""));
  } else if (line.length === 0) {
    chunks.pop();
    line.push(rest);
  }
  return line;
}

function breakAt(characters: readonly string[], room: number, onHyphens: boolean): number {
  if (!onHyphens) return room;
  const hyphen = characters.slice(0, room).lastIndexOf("-");
  const isWithin = hyphen > 0 && characters.slice(0, hyphen).some((one) => one !== "-");
  return isWithin ? hyphen + 1 : room;
}

function isBlank(chunk: string | undefined): boolean {
  return chunk !== undefined && new RegExp(`^[${python.whitespace}]*$`).test(chunk);
}
