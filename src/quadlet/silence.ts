/**
 * Which findings comments in a file silence: `# quadlet-deploy: ignore RULE[, RULE] [(why)]`
 * silences them in the next line or, above the first section, in the whole file.
 *
 * @returns whether a rule's finding in a line, or in the file as a whole, is to be left out
 */
export function silencedIn(text: string): (rule: string, line: number | undefined) => boolean {
  const whole = new Set<string>();
  const lines = new Map<number, Set<string>>();
  let section = false;
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*\[/.test(line)) section = true;
    const [, list] = /^\s*[#;]\s*quadlet-deploy:\s*ignore\s+([a-z0-9, -]+)/.exec(line) ?? [];
    if (list === undefined) continue;
    const named = list.split(/[,\s]+/).filter((name) => name !== "");
    if (!section) for (const name of named) whole.add(name);
    // From 1, and the line after.
    else lines.set(index + 2, new Set(named));
  }
  return (rule, line) =>
    whole.has(rule) || (line !== undefined && (lines.get(line)?.has(rule) ?? false));
}
