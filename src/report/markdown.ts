/** Markdown as GitHub renders it, from text that may say anything. */

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Plain text that Markdown must not act on. */
export function text(value: string): string {
  return value
    .replace(/\s*\n\s*/g, " ")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/[\\`*_{}[\]#|~!$]/g, "\\$&")
    .replace(/@/g, "@<!-- -->");
}

/** Markdown goes on inside the tag, so the text is escaped as anywhere. */
export function code(value: string): string {
  return `<code>${text(value)}</code>`;
}

/** A fence longer than any run of backticks within. */
export function fence(value: string, language = "text"): string {
  const longest = Math.max(2, ...[...value.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = "`".repeat(longest + 1);
  return `${mark}${language}\n${value}\n${mark}`;
}

/** Folded until somebody clicks on it. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
