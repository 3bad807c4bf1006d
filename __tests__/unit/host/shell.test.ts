import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { assignments, quote } from "../../../src/host/shell.js";
import { shells } from "./support.js";

const words = [
  "",
  " ",
  "plain",
  "two words",
  "it's",
  "''''",
  '"double"',
  `$HOME \${HOME} $(id) \`id\``,
  "back\\slash\\\\",
  "a\nb\n",
  "\ttab\t",
  "~",
  "~/x",
  "*",
  "?[a]",
  "!x",
  "#x",
  "a#b",
  "-n",
  "-e \\n",
  ";&|<>()",
  "a=b",
  "%s%n",
  "größe €",
  "{a,b}",
  "\r\n",
  "\x1b[31m",
  "END",
  "'; touch /tmp/x; '",
];

test("what is quoted reads back in every shell, as a word and in an assignment", () => {
  const program = [
    ...words.map((word) => `printf '%s\\0' ${quote(word)}`),
    ...words.map(
      (word, index) => `${assignments({ [`W${index}`]: word })}printf '%s\\0' "$W${index}"`,
    ),
  ].join("\n");
  for (const { command, path } of [
    ...shells,
    { command: ["sh"] as const, path: "/usr/bin:/bin" },
    { command: ["bash"] as const, path: "/usr/bin:/bin" },
  ]) {
    const [file, ...args] = command;
    const read = execFileSync(file, [...args, "-s"], {
      input: program,
      env: { PATH: path, HOME: "/nowhere" },
    });
    expect(read.toString().split("\0").slice(0, -1)).toEqual([...words, ...words]);
  }
});

test.each([
  ["web.service", "web.service"],
  ["user@host:/path,%h+x=1", "user@host:/path,%h+x=1"],
  ["", "''"],
  ["a b", "'a b'"],
  ["it's", "'it'\\''s'"],
  ["~/x", "'~/x'"],
])("%j is written %s", (word, expected) => {
  expect(quote(word)).toBe(expected);
});
