/** Splits a line into words as Python's `shlex.split` does, by the rules of a POSIX shell. */
export function splitWords(line: string, comments: boolean): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string;
    const next = line[at + 1];
    if (quote) {
      if (character === quote) quote = "";
      else if (character === "\\" && quote === '"' && (next === '"' || next === "\\")) {
        word += next;
        at++;
      } else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\") {
      if (next === undefined) throw new Error("No escaped character");
      word = (word ?? "") + next;
      at++;
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "#" && comments) {
      break;
    } else word = (word ?? "") + character;
  }
  if (quote) throw new Error("No closing quotation");
  if (word !== undefined) words.push(word);
  return words;
}
