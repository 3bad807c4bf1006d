import { createTwoFilesPatch } from "diff";
import { isSecretName } from "../quadlet/secret-names.js";
import { code, fence } from "./markdown.js";
import type { Redact } from "./redact.js";
import type { FileDiff } from "./report.js";

/** Lines of one file, and characters of all, that a page shows. */
const limits = { lines: 200, characters: 100_000 };

/** A file's difference as `diff -u` shows it, with nothing in it that is to stay secret. */
export function unified({ path, before, after }: FileDiff, redact: Redact): string {
  const [old, now] = [before, after].map((text) => redact(masked(text ?? "")));
  const patch = createTwoFilesPatch(
    before === undefined ? "/dev/null" : `a/${path}`,
    after === undefined ? "/dev/null" : `b/${path}`,
    old ?? "",
    now ?? "",
    undefined,
    undefined,
    { context: 3 },
  );
  const lines = patch.trimEnd().split("\n").slice(1);
  if (old === now) return "(only values that are not shown differ)";
  if (lines.length <= limits.lines) return lines.join("\n");
  return [
    ...lines.slice(0, limits.lines),
    `(${lines.length - limits.lines} more lines are not shown)`,
  ].join("\n");
}

/** The differences of several files in Markdown, as many as there is room for. */
export function diffsPart(diffs: readonly FileDiff[], redact: Redact): readonly string[] {
  const parts: string[] = [];
  let room = limits.characters;
  for (const [index, diff] of diffs.entries()) {
    const text = unified(diff, redact);
    room -= text.length;
    if (room < 0) return [...parts, `(${diffs.length - index} more files are not shown.)`];
    parts.push(`${code(diff.path)}\n\n${fence(text, "diff")}`);
  }
  return parts;
}

/** Without the values of assignments whose names say that they are secret, as units and YAML have them. */
function masked(text: string): string {
  const hide = (all: string, before: string, name: string, sign: string) =>
    isSecretName(name) ? `${before}${name}${sign}***` : all;
  return text
    .split("\n")
    .map((line) => {
      const [, key = "", value = line] = /^(\s*[A-Z][A-Za-z]*[a-z]=)(.*)$/.exec(line) ?? [];
      const shown = value
        .replace(/(["'])([A-Za-z_]\w*)=.*?\1/g, (all, quote: string, name: string) =>
          isSecretName(name) ? `${quote}${name}=***${quote}` : all,
        )
        .replace(/(^|\s)([A-Za-z_]\w*)(=)("[^"]*"|'[^']*'|[^\s"']+)/g, hide)
        .replace(/(^|\s)([A-Za-z_]\w*)(: +)(\S.*)$/g, hide)
        // user:password@host, in a URL
        .replace(/(:\/\/[^\s:/@]+:)[^\s/@]+@/g, "$1***@");
      return key + shown;
    })
    .join("\n");
}
