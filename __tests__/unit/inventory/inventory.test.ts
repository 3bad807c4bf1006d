import { describe, expect, test } from "vitest";
import {
  hostsMatching,
  type InventoryOptions,
  memoryReader,
  readInventory,
  variablesOf,
} from "../../../src/inventory/index.js";
import { render } from "../../../src/render/jinja/index.js";

function read(files: Record<string, string>, options: InventoryOptions = {}, path = "hosts.yml") {
  return readInventory([path], memoryReader(new Map(Object.entries(files))), options);
}

const vault = `$ANSIBLE_VAULT;1.1;AES256
62313365396662343061393464336163383764373764613633653634306231386433626134663865
6536366433353735303031393365363739386265393662340a613962383466373462653431383331
65343634353166306231363531653766633537333362316264376462303833643737323463303239
6239653039643130370a623766376230663930373164626131313730353533383338353032373734
3163`;

describe("what is refused", () => {
  test.each([
    ["a missing file", {}, "hosts.yml", /there is no such inventory/],
    ["a script", { hosts: "#!/bin/sh\n" }, "hosts", /inventory script, and none is run/],
    ["a plugin", { "hosts.yml": "plugin: aws_ec2\n" }, "hosts.yml", /inventory plugin aws_ec2/],
    ["TOML", { "h.toml": "[web]\n" }, "h.toml", /TOML is not supported/],
    ["a list", { "hosts.yml": "- a\n" }, "hosts.yml", /must be a dictionary of groups/],
    ["a number", { "hosts.yml": "all:\n  hosts:\n    1:\n" }, "hosts.yml", /is no text. Quote it/],
    [
      "a line of INI",
      { hosts: "[a]\nb c\n" },
      "hosts",
      /^settings: hosts:2: "c" is not a variable/,
    ],
    [
      "broken YAML",
      { "hosts.yml": "all:\n  x: [\n" },
      "hosts.yml",
      /hosts\.yml:\d+: this is no YAML/,
    ],
    ["a set", { hosts: "[a]\nb\n[a:vars]\nx={1, 2}\n" }, "hosts", /hosts:4: this is a set/],
    ["bytes", { hosts: "a x=\"b'x'\"\n" }, "hosts", /this is bytes/],
    ["a complex number", { hosts: "a x=10j\n" }, "hosts", /this is a complex number/],
    ["a huge range", { hosts: "a[1:99999]\n" }, "hosts", /more than 10000 hosts/],
    ["a cycle", { hosts: "[a:children]\nb\n[b:children]\na\n" }, "hosts", /below|does not have/],
  ])("%s", (_, files, path, message) => {
    expect(() => read(files as Record<string, string>, {}, path)).toThrow(message);
  });

  test("a file of variables that is a list", () => {
    const inventory = read({ "hosts.yml": "all: {hosts: {a: }}", "group_vars/all.yml": "- x\n" });
    expect(() => variablesOf(inventory, "a")).toThrow(/group_vars\/all\.yml.*must be a dictionary/);
  });

  test("a host that is not there", () => {
    expect(() => variablesOf(read({ "hosts.yml": "all: {hosts: {a: }}" }), "b")).toThrow(
      /no host b/,
    );
  });
});

describe("vaults", () => {
  const indented = vault.replaceAll("\n", "\n        ");
  const files = {
    "hosts.yml": `all:\n  hosts:\n    a:\n      pass: !vault |\n        ${indented}\n`,
  };

  test("without a password they fail where they are used, and name the variable and file", () => {
    const variables = variablesOf(read(files), "a");
    expect(render({ name: "t", text: "{{ inventory_hostname }}" }, variables)).toBe("a");
    expect(() => render({ name: "t", text: "{{ pass }}" }, variables)).toThrow(
      "settings: hosts.yml: the variable pass is a vault, and there is no password for it. " +
        "Give the password as `vault-password`.",
    );
  });

  test("a wrong password", () => {
    const variables = variablesOf(read(files, { vaultPasswords: ["x"] }), "a");
    expect(() => render({ name: "t", text: "{{ pass }}" }, variables)).toThrow(
      /the variable pass is a vault: (?:no vault password that was given fits|it is damaged)/,
    );
  });

  test("a whole file without a password fails when it is read", () => {
    expect(() => read({ "hosts.yml": vault })).toThrow(/the file is a vault, and there is no/);
  });
});

test("warns of duplicate keys, skipped ones and names that are both", () => {
  const { warnings } = read({ "hosts.yml": "a:\n  hosts: {a: }\n  x: {}\n  hosts: {a: }\n" });
  expect(warnings).toEqual([
    "hosts.yml:4: this key is here twice; the last counts",
    "hosts.yml: x of the group a is skipped: it is none of hosts, vars, children",
    "a is the name of both a group and a host",
  ]);
});

test("hosts that need each other are a circle", () => {
  const inventory = read({
    "hosts.yml": `all:\n  hosts:\n    a: {x: "{{ hostvars.b.y }}"}\n    b: {y: "{{ hostvars.a.x }}"}\n`,
  });
  expect(() => render({ name: "t", text: "{{ x }}" }, variablesOf(inventory, "a"))).toThrow(
    /circle/,
  );
});

describe("patterns", () => {
  const inventory = read({ hosts: "[staging]\nweb1\n[prod]\nweb2\n" }, {}, "hosts");

  test("what matches nothing is an error with the nearest names", () => {
    expect(() => hostsMatching(inventory, "stagin")).toThrow(
      "settings: stagin: no host of the inventory matches. Did you mean staging?",
    );
    expect(() => hostsMatching(inventory, "staging:&prod")).toThrow(/There are the groups all,/);
  });

  test.each([
    ["@hosts.retry", /read host names from a file/],
    ["prod[3]", /prod has 1 hosts, and none at \[3\]/],
    ["~(", /is no pattern/],
  ])("%s", (pattern, message) => {
    expect(() => hostsMatching(inventory, pattern)).toThrow(message);
  });
});
