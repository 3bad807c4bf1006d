import { describe, expect, test } from "vitest";
import { disagreement, envText, joinEnv, parseEnvFile } from "../../../src/render/env-file.js";
import { messagesOf } from "../settings/support.js";

const agreed = [
  "",
  "1",
  "plain",
  "two words",
  "a=b=c",
  "it's",
  'say "hi"',
  "ends with a quote'",
  "#starts with a hash",
  "with # a hash",
  ";starts with a semicolon",
  `$HOME \${HOME} $(id) \`id\``,
  "%h %%",
  "~/.ssh",
  "a\tb",
  "größe €",
  "postgres://user:p@ss@postgres:5432/db?sslmode=disable",
  "-----BEGIN KEY-----",
  "!*?[]{}()<>|&",
];

const refused: readonly (readonly [string, RegExp])[] = [
  [" leading", /white space/],
  ["trailing ", /white space/],
  ["\tleading", /white space/],
  [" ", /white space/],
  ['"quoted"', /quote/],
  ["'quoted'", /quote/],
  ['"', /quote/],
  ["'half", /quote/],
  ["a\\b", /backslash/],
  ["ends with \\", /backslash/],
  ["two\nlines", /more than one line/],
  ["two\r\nlines", /more than one line/],
  ["nul\0", /control character/],
];

describe("a value is written where podman and systemd read the same", () => {
  test.each(agreed)("%j", (value) => {
    expect(disagreement(value)).toBeUndefined();
  });

  test.each(refused)("%j is refused", (value, why) => {
    expect(disagreement(value)).toMatch(why);
  });

  // systemd drops an assignment whose value has a control character other than tab
  // (env_value_is_valid in basic/env-util.c); podman keeps it.
  test.each(["a\x01b", "a\x1b[31mb", "a\x7fb"])("%j is refused", (value) => {
    expect(disagreement(value)).toBeDefined();
  });

  /** systemd's parse_env_file for one line, from systemd.exec(5) and basic/env-file.c. */
  function readBySystemd(line: string): string {
    let rest = line.slice(line.indexOf("=") + 1).replace(/^[ \t]+/, "");
    let value = "";
    while (/^["']/.test(rest)) {
      const quote = rest.charAt(0);
      const end = rest.indexOf(quote, 1);
      value += end < 0 ? rest.slice(1) : rest.slice(1, end);
      rest = end < 0 ? "" : rest.slice(end + 1).replace(/^[ \t]+/, "");
    }
    return (
      value +
      rest
        .replace(/\\(.)/g, "$1")
        .replace(/\\$/, "")
        .replace(/[ \t\r]+$/, "")
    );
  }

  /** podman's pkg/env: all that follows the first "=". */
  function readByPodman(line: string): string {
    return line.slice(line.indexOf("=") + 1);
  }

  test("of ten thousand values made of what is special, every one that we take reads the same", () => {
    const parts = [" ", "\t", '"', "'", "\\", "#", ";", "$", "=", "a", "b", "%", "{", "ü"];
    let seed = 20250101;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    let taken = 0;
    for (let round = 0; round < 10_000; round++) {
      const value = Array.from({ length: random(7) }, () => parts[random(parts.length)]).join("");
      if (disagreement(value) !== undefined) continue;
      taken++;
      const line = envText([{ key: "K", value, source: "" }]).slice(0, -1);
      expect([value, readBySystemd(line), readByPodman(line)]).toEqual([value, value, value]);
    }
    expect(taken).toBeGreaterThan(1000);
  });
});

describe("an env file", () => {
  test("is assignments, blank lines and comments, values to the byte", () => {
    expect(parseEnvFile("f", '# a\n\n  A=1\nB= x \nC="q"\n\t# b\nD=\nE=a=b # c\n_F9=x')).toEqual([
      { key: "A", value: "1", source: "f" },
      { key: "B", value: " x ", source: "f" },
      { key: "C", value: '"q"', source: "f" },
      { key: "D", value: "", source: "f" },
      { key: "E", value: "a=b # c", source: "f" },
      { key: "_F9", value: "x", source: "f" },
    ]);
  });

  test.each(["A", "=x", "A =x", "1A=x", "export A=x", "A-B=x", "; comment", "A: x"])(
    "%j is no line of it, and is not shown",
    (line) => {
      const messages = messagesOf(() => parseEnvFile("f.j2", `X=1\n${line}\n`));
      expect(messages).toEqual([
        "render: f.j2:2: the line is not KEY=value. An env file holds assignments, blank lines and lines that start with #.",
      ]);
    },
  );

  test("what is written is read back", () => {
    const entries = agreed.map((value, index) => ({ key: `K${index}`, value, source: "f" }));
    expect(parseEnvFile("f", envText(joinEnv(entries)))).toEqual(entries);
  });
});

describe("joined", () => {
  const entry = (key: string, value: string, source = "s") => ({ key, value, source });

  test("of two with one key the later wins, in the place of the first", () => {
    expect(joinEnv([entry("A", "1"), entry("B", "2"), entry("A", "3")])).toEqual([
      entry("A", "3"),
      entry("B", "2"),
    ]);
  });

  test("only what wins has to be readable", () => {
    expect(joinEnv([entry("A", '"q"'), entry("A", "q")])).toEqual([entry("A", "q")]);
  });

  test("a message names the key and its source, and holds no value", () => {
    const [message] = messagesOf(() => joinEnv([entry("PASSWORD", "hunter2\\hunter2", "env")]));
    expect(message).toMatch(/^render: env: PASSWORD: podman and systemd would read .* backslash/);
    expect(message).toMatch(/Podman secret/);
    expect(message).not.toContain("hunter2");
  });
});
