import { describe, expect, test } from "vitest";
import {
  lastValue,
  parseUnitFile,
  valuesOf,
  variablesIn,
  words,
} from "../../../src/quadlet/unit-file.js";

/** `[Section] Key=value @line`, an entry each. */
function entries(text: string): readonly string[] {
  return parseUnitFile(text).entries.map(
    ({ section, key, value, line }) => `[${section}] ${key}=${value} @${line}`,
  );
}

describe("a unit file", () => {
  test.each<[string, string, readonly string[]]>([
    ["sections and keys", "[A]\nK=v\n\n[B]\nK=w\n", ["[A] K=v @2", "[B] K=w @5"]],
    [
      "a section that comes twice",
      "[A]\nK=v\n[B]\nL=1\n[A]\nK=w",
      ["[A] K=v @2", "[B] L=1 @4", "[A] K=w @6"],
    ],
    ["white space", "  [A]  \n\t K \t= \t v w \t\n", ["[A] K=v w @2"]],
    ["only the first equals sign parts", "[A]\nK=a=b\n", ["[A] K=a=b @2"]],
    ["an empty value", "[A]\nK=\n", ["[A] K= @2"]],
    ["comments", "# a\n; b\n[A]\n # K=1\n;K=2\nK=3 # kept\n", ["[A] K=3 # kept @6"]],
    [
      "a line continued",
      "[A]\nK=one \\\n  two \\\n\tthree\nL=1",
      ["[A] K=one  two  three @2", "[A] L=1 @5"],
    ],
    ["a comment inside a continuation", "[A]\nK=one \\\n# no\n;no\n two\n", ["[A] K=one  two @2"]],
    ["a comment that ends in a backslash", "[A]\n# no \\\nK=v\n", ["[A] K=v @3"]],
    ["a blank line ends a continuation", "[A]\nK=one \\\n\nL=1\n", ["[A] K=one @2", "[A] L=1 @4"]],
    ["a continuation at the end of the file", "[A]\nK=one \\", ["[A] K=one @2"]],
    ["a backslash inside a line", "[A]\nK=a\\b\n", ["[A] K=a\\b @2"]],
    [
      "what looks like a header within a value",
      "[A]\nK=one \\\n[B]\nL=1\n",
      ["[A] K=one  [B] @2", "[A] L=1 @4"],
    ],
    ["lines that are no assignment", "[A]\nnothing\n=v\nK=v\n", ["[A] K=v @4"]],
    ["a key before any section", "K=v\n", ["[] K=v @1"]],
    ["Windows line ends", "[A]\r\nK=v\r\nL=w \\\r\n x\r\n", ["[A] K=v @2", "[A] L=w  x @3"]],
    ["nothing", "", []],
  ])("%s", (_, text, expected) => {
    expect(entries(text)).toEqual(expected);
  });
});

describe("values", () => {
  test.each<[string, string, readonly string[]]>([
    ["in their order", "[A]\nK=1\nK=2\n", ["1", "2"]],
    ["of that section", "[A]\nK=1\n[B]\nK=2\n", ["1"]],
    ["of that key, in its spelling", "[A]\nk=1\nKK=2\n", []],
    ["since the last reset", "[A]\nK=1\nK=2\nK=\nK=3\n", ["3"]],
    ["none after a reset", "[A]\nK=1\nK= \n", []],
  ])("%s", (_, text, expected) => {
    expect(valuesOf(parseUnitFile(text), "A", "K")).toEqual(expected);
    expect(lastValue(parseUnitFile(text), "A", "K")).toBe(expected.at(-1));
  });
});

test.each<[string, readonly string[]]>([
  ["", []],
  ["a b", ["a", "b"]],
  ["  a \t b  ", ["a", "b"]],
  ['"A=b c" D=e', ["A=b c", "D=e"]],
  ["'A=b \"c\"'", ['A=b "c"']],
  ['"A=it\'s"', ["A=it's"]],
  ['A="b c"d e', ["A=b cd", "e"]],
  ['""', [""]],
  ['A="it is \\"it\\"" B=\\\\', ['A=it is "it"', "B=\\"]],
  ["A=b\\ c", ["A=b c"]],
  ['A="', ["A="]],
])("words of %s", (value, expected) => {
  expect(words(value)).toEqual(expected);
});

// systemd takes quotes away wherever in a word they stand.
test.each<[string, readonly string[]]>([
  ['A="b c"', ["A=b c"]],
  ["A='b' B=\"c\"", ["A=b", "B=c"]],
])("words of %s, without quotes", (value, expected) => {
  expect(words(value)).toEqual(expected);
});

test.each<[string, readonly string[]]>([
  [`\${A}/\${B_1}:\${A}`, ["A", "B_1", "A"]],
  ["$A", []],
  [`$\${A}`, []],
  [`\${1A} \${} \${A-b} \${A:-b}`, []],
  ["%h {A} $(A)", []],
])("variables in %s", (value, expected) => {
  expect(variablesIn(value)).toEqual(expected);
});
