import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { commands, type Option, options, outputs } from "../../../src/settings/options.js";
import { secretsIn } from "../../../src/settings/secrets.js";
import { deploySettings } from "./support.js";

interface ActionYml {
  readonly inputs: Readonly<
    Record<string, { description: string; required: boolean; default?: string }>
  >;
  readonly outputs: Readonly<Record<string, { description: string }>>;
  readonly runs: { readonly using: string; readonly main: string };
}

const action = parse(
  readFileSync(new URL("../../../action.yml", import.meta.url), "utf8"),
) as ActionYml;
const inputs = (options as readonly Option[]).filter((option) => option.door !== "cli");

describe("action.yml says what the table of options says (else: npm run docs)", () => {
  test("the names, in their order", () => {
    expect(Object.keys(action.inputs)).toEqual(inputs.map((option) => option.name));
    expect(Object.keys(action.outputs)).toEqual(outputs.map((output) => output.name));
  });

  test.each(inputs.map((option) => [option.name, option] as const))("%s", (name, option) => {
    const input = action.inputs[name];
    expect(input?.default).toBe(option.default);
    expect(input?.description).toContain(option.help);
    // GitHub itself checks nothing, and a required input would fail without our message.
    expect(input?.required).toBe(false);
  });

  test.each(outputs.map((output) => [output.name, output.help] as const))("%s", (name, help) => {
    expect(action.outputs[name]?.description).toBe(help);
  });

  test("it runs the committed bundle on Node 24", () => {
    expect(action.runs).toEqual({ using: "node24", main: "dist/action.cjs" });
  });
});

describe("the table itself", () => {
  test("names are unique, and spelled as GitHub and Commander take them", () => {
    const names = options.map((option): string => option.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  test("a default is one of the choices", () => {
    for (const { name, choices, default: byDefault } of options as readonly Option[]) {
      if (choices && byDefault !== undefined) expect(choices, name).toContain(byDefault);
    }
  });

  test("help is sentences", () => {
    for (const { name, help } of [...options, ...outputs]) expect(help, name).toMatch(/^.+\.$/s);
  });

  test("every command that an option names is one", () => {
    for (const option of options as readonly Option[])
      for (const command of option.commands ?? []) expect(commands).toContain(command);
  });

  test("the defaults of action.yml, given as the runner gives them, change nothing", () => {
    const given = Object.fromEntries(
      Object.entries(action.inputs)
        .filter(([name]) => name !== "command")
        .filter(([, input]) => input.default !== undefined)
        .map(([name, input]) => [name, input.default]),
    );
    expect(deploySettings(given)).toEqual(deploySettings({}));
  });
});

describe("what must be shown nowhere", () => {
  test.each<[string, Record<string, string>, readonly string[]]>([
    [
      "the key and its passphrase",
      { "ssh-key": "the key", "ssh-key-passphrase": "open sesame" },
      ["the key", "open sesame"],
    ],
    [
      "values of env, not their names",
      { env: "PASSWORD=hunter22\nURL=a=b=c=d\n# PW=comment" },
      ["hunter22", "a=b=c=d"],
    ],
    ["a line of env that is no assignment", { env: "hunter22hunter22" }, ["hunter22hunter22"]],
    ["not words of every log", { env: "DEBUG=true\nWORKERS=4\nEMPTY=" }, []],
    ["not what is public", { host: "web.example.com", "image-tag": "v1.2.3-rc" }, []],
  ])("%s", (_, raw, expected) => {
    expect(secretsIn(raw)).toEqual(expected);
  });
});
