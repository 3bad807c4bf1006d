import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/** docs/faults.md promises a test for each fault: here is whether those tests exist. */

const page = readFileSync(new URL("../../../docs/faults.md", import.meta.url), "utf8");

interface Row {
  readonly number: number;
  readonly fault: string;
  /** `` `host/faults/disk`: title ``, one for each test. */
  readonly shown: readonly string[];
}

const rows: readonly Row[] = [...page.matchAll(/^\| (\d+) \| (.+?) \| .+ \| (.+) \|$/gm)].map(
  ([, number = "", fault = "", shown = ""]) => ({
    number: Number(number),
    fault,
    shown: shown.split("<br>"),
  }),
);

describe("docs/faults.md", () => {
  test("has a row for each fault of the ranges it names, in order", () => {
    const ranges = [...page.matchAll(/\b(\d+)–(\d+)\b/g)].map(([, from, to]) =>
      [from, to].map(Number),
    );
    const expected = ranges.flatMap(([from = 0, to = 0]) =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index),
    );
    expect(expected).toHaveLength(47);
    expect(rows.map((row) => row.number)).toEqual(expected);
  });

  test.each(rows)("$number, $fault: its tests exist", ({ shown }) => {
    for (const entry of shown) {
      const [, file = "", title = ""] = /^`([^`]+)`: (.+)$/.exec(entry) ?? [];
      const path = new URL(`../../${file}.test.ts`, import.meta.url);
      expect(existsSync(path), entry).toBe(true);
      expect(titlesIn(readFileSync(path, "utf8")), entry).toContain(title);
    }
  });
});

/** Every text in quotes: a test's title, or a table's row that becomes one. */
function titlesIn(source: string): readonly string[] {
  return [...source.matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)].map(
    ([, double, template]) => double ?? template ?? "",
  );
}
