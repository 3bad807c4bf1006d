/**
 * Unit files as systemd reads them (systemd.syntax(7)): sections, repeated keys,
 * comments, and lines continued by a final backslash.
 */

export interface Entry {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** From 1, where the entry starts. */
  readonly line: number;
}

export interface UnitFile {
  readonly entries: readonly Entry[];
}

export function parseUnitFile(text: string): UnitFile {
  const entries: Entry[] = [];
  let section = "";
  for (const { text: line, number } of logicalLines(text)) {
    const header = /^\[(.*)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = header;
      continue;
    }
    const equals = line.indexOf("=");
    if (equals < 1) continue;
    entries.push({
      section,
      key: line.slice(0, equals).trim(),
      value: line.slice(equals + 1).trim(),
      line: number,
    });
  }
  return { entries };
}

/** A line that is no section, no assignment and no comment, or an assignment above every section. */
export interface Fault {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly why: "not an assignment" | "above the first section";
}

/** What neither Quadlet nor systemd can read of a file. */
export function faultsIn(text: string): readonly Fault[] {
  const faults: Fault[] = [];
  let section = false;
  for (const { text: line, number } of logicalLines(text)) {
    if (/^\[.+\]$/.test(line)) section = true;
    else if (line.startsWith("[") || line.indexOf("=") < 1) {
      faults.push({ line: number, text: line, why: "not an assignment" });
    } else if (!section) {
      faults.push({ line: number, text: line, why: "above the first section" });
    }
  }
  return faults;
}

/** Whether a quote in a value opens and does not close, or stands within a word as in `it's`. */
export function hasOpenQuote(value: string): boolean {
  let open: string | undefined;
  for (const [piece] of value.matchAll(/\\.|["']/gs)) {
    if (piece.length > 1) continue;
    if (open === undefined) open = piece;
    else if (open === piece) open = undefined;
  }
  return open !== undefined;
}

/**
 * The values of a key in the order they stand. An empty assignment resets a list, as it
 * does for systemd and Quadlet.
 */
export function valuesOf(unit: UnitFile, section: string, key: string): readonly string[] {
  const values: string[] = [];
  for (const entry of unit.entries) {
    if (entry.section !== section || entry.key !== key) continue;
    if (entry.value === "") values.length = 0;
    else values.push(entry.value);
  }
  return values;
}

/** The value that counts where a key may stand only once: the last one. */
export function lastValue(unit: UnitFile, section: string, key: string): string | undefined {
  return valuesOf(unit, section, key).at(-1);
}

/** A boolean as systemd.syntax(7) writes it. */
export function isYes(value: string): boolean {
  return /^(1|yes|y|true|t|on)$/i.test(value);
}

/**
 * Splits a value into words as systemd does: white space separates, quotes hold together
 * wherever in a word they stand, and are no part of it.
 */
export function words(value: string): readonly string[] {
  const found: string[] = [];
  let word: string | undefined;
  const pieces = value.matchAll(
    /"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\\.|[^\s"'\\])+)|\s+/g,
  );
  for (const [, double, single, plain] of pieces) {
    const text = double ?? single ?? plain;
    if (text !== undefined) {
      word = (word ?? "") + text.replace(/\\([\\"'\s])/g, "$1");
    } else if (word !== undefined) {
      found.push(word);
      word = undefined;
    }
  }
  return word === undefined ? found : [...found, word];
}

/** Names in `${NAME}`, which systemd expands from the service's environment; `$${NAME}` is literal. */
export function variablesIn(value: string): readonly string[] {
  return [...value.matchAll(/(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(
    (match) => match[1] ?? "",
  );
}

function* logicalLines(text: string): Generator<{ text: string; number: number }> {
  let pending: { text: string; number: number } | undefined;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    // Comment lines inside a continuation are skipped; the continuation goes on after them.
    if (/^[#;]/.test(line)) continue;
    const continued = line.endsWith("\\");
    const part = continued ? line.slice(0, -1) : line;
    const joined = pending
      ? { text: `${pending.text} ${part.trimStart()}`, number: pending.number }
      : { text: part, number: index + 1 };
    if (continued) {
      pending = joined;
      continue;
    }
    pending = undefined;
    if (joined.text.trim() !== "") yield { text: joined.text.trim(), number: joined.number };
  }
  if (pending && pending.text.trim() !== "") yield pending;
}
