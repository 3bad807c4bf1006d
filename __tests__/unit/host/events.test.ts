import { describe, expect, test } from "vitest";
import { field, freeText, parseEvent, textLines } from "../../../src/host/events.js";
import { explainFailure } from "../../../src/host/explain.js";
import type { Owner } from "../../../src/host/owner.js";
import { ownerOf } from "../../../src/host/owner.js";
import { contentOf } from "../settings/support.js";
import { base64 } from "./support.js";

describe("a line of a program", () => {
  test.each([
    ["an event", "t\tstep\tpull", { name: "step", fields: ["pull"] }],
    ["without fields", "t\tend", { name: "end", fields: [] }],
    ["with empty fields", "t\tfail\t\t\tx", { name: "fail", fields: ["", "", "x"] }],
    ["noise", "Welcome to Debian", undefined],
    ["nothing", "", undefined],
    ["another run's", "u\tstep\tpull", undefined],
    ["the token alone", "t", undefined],
    ["the token within a line", "x t\tstep\tpull", undefined],
    ["something longer than the token", "tt\tstep\tpull", undefined],
  ])("%s", (_, line, expected) => {
    expect(parseEvent(line, "t")).toEqual(expected);
  });

  test("a field that is not there is empty", () => {
    expect(field({ name: "x", fields: ["a"] }, 1)).toBe("");
  });

  test.each<[string, string, string]>([
    ["text", "größe €\nzwei\t3", "größe €\nzwei\t3"],
    ["colours", "\x1b[1;31mred\x1b[0m", "red"],
    ["what moves the cursor", "a\x1b[2Kb\x1b[?25lc", "abc"],
    ["a title for the window", "\x1b]0;title\x07x", "]0;titlex"],
    ["carriage returns", "10%\r20%\r\nend", "10%20%\nend"],
    ["bells, backspaces, NULs", "a\x07b\x08c\0d\x7f", "abcd"],
  ])("free text: %s", (_, text, expected) => {
    expect(freeText({ name: "x", fields: [base64(text)] }, 0)).toBe(expected);
  });

  test("free text that is none", () => {
    expect(freeText({ name: "x", fields: ["***"] }, 0)).toBe("");
    expect(freeText({ name: "x", fields: [] }, 0)).toBe("");
  });

  // U+009B is ESC [ for terminals; the others turn the direction of what follows.
  test.each(["\x9b31m", "\u202e", "\u2066"])("free text without %j", (text) => {
    expect(freeText({ name: "x", fields: [base64(`a${text}`)] }, 0)).not.toContain(text);
  });

  // .NET's ReadLine, with which the runner reads the log, ends a line at a carriage return.
  test("a field has no carriage return", () => {
    expect(parseEvent("t\tstate\ta\r::error::x", "t")?.fields.join()).not.toContain("\r");
  });

  test("lines of a text, without blank ones", () => {
    expect(textLines("a\n\n  \n b\n")).toEqual(["a", " b"]);
  });
});

describe("what a failure means", () => {
  const owner: Owner = { scope: "rootless", user: "senex", sudo: false };
  const fail = (phase: string, object: string, code: string, text = "", by = owner) =>
    explainFailure("web", by, { name: "fail", fields: [phase, object, code, base64(text)] });

  test.each<[string, string, string, string, string]>([
    [
      "facts",
      "systemd",
      "no-systemd",
      "",
      "web: facts: systemd: the host does not run systemd. Quadlet needs Podman 4.4 or newer, and systemd",
    ],
    [
      "facts",
      "op",
      "not-root",
      "",
      "web: facts: op: op is not root, and rootful units belong to root. Log in as root, or set `sudo: true` for a login that may use `sudo -n`.",
    ],
    [
      "facts",
      "senex",
      "no-user",
      "",
      "web: facts: senex: the host has no such user. Make it with: sudo useradd --create-home senex",
    ],
    [
      "facts",
      "senex",
      "no-linger",
      "",
      "web: facts: senex: its services would stop when the login ends: lingering is off, and the login may not switch it on. Run once on the host: sudo loginctl enable-linger senex",
    ],
    [
      "facts",
      "senex",
      "cannot-become",
      "",
      "web: facts: senex: the login cannot become senex. Log in as senex or root, or set `sudo: true`.",
    ],
    [
      "facts",
      "podman",
      "no-podman",
      "",
      "web: facts: podman: Podman is not installed. Quadlet needs Podman 4.4 or newer, and systemd; on Debian: sudo apt-get install podman",
    ],
    [
      "unpack",
      "/etc/x",
      "cannot-write",
      "No space left",
      "web: unpack: /etc/x: it cannot be written. Look at the disk space (df, below) and the owner of the directory.",
    ],
    [
      "validate",
      "web.service",
      "invalid",
      "unsupported key",
      "web: validate: web.service: the host's own Podman does not accept the unit; nothing was changed. Its words are below.",
    ],
    [
      "pull",
      "r/a:1",
      "no-image",
      "manifest unknown",
      "web: pull: r/a:1: the image could not be pulled; nothing was changed. Check the name, the tag, and that the host may reach the registry.",
    ],
    [
      "reload",
      "web.service",
      "not-ours",
      "/etc/systemd/system/web.service",
      "web: reload: web.service: systemd loads it from /etc/systemd/system/web.service, not from the unit of this release. Remove or rename that file.",
    ],
    [
      "restart",
      "web.service",
      "job-failed",
      "",
      "web: restart: web.service: systemd could not start it",
    ],
    [
      "settle",
      "web.service",
      "not-active",
      "",
      "web: settle: web.service: it did not become active in time. If it needs longer, raise `health-timeout`.",
    ],
    [
      "flip",
      "",
      "cannot-write",
      "",
      "web: flip: it cannot be written. Look at the disk space (df, below) and the owner of the directory.",
    ],
    ["flip", "x", "a-code-of-a-newer-program", "", "web: flip: x: a-code-of-a-newer-program"],
  ])("%s %s %s", (phase, object, code, text, message) => {
    const error = fail(phase, object, code, text);
    expect(error.message).toBe(message);
    expect(error.parts.details).toEqual(text === "" ? [] : [text]);
  });

  test("sudo that does not lead to root is another matter", () => {
    expect(fail("facts", "senex", "cannot-become", "", { ...owner, sudo: true }).message).toBe(
      "web: facts: senex: the login cannot become senex. Its sudo does not lead to root.",
    );
  });

  test("of many words the last twenty lines are shown", () => {
    const text = Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\n\n");
    const { details } = fail("pull", "a", "no-image", text).parts;
    expect(details).toHaveLength(20);
    expect(details?.at(-1)).toBe("line 29");
  });

  test("a code that every object has is not found by accident", () => {
    expect(fail("flip", "x", "constructor").message).toBe("web: flip: x: constructor");
  });
});

test.each<[string, Record<string, string>, string, boolean, Owner]>([
  ["root, rootful", {}, "root", false, { scope: "rootful", user: "", sudo: false }],
  ["sudo, rootful", { scope: "rootful" }, "op", true, { scope: "rootful", user: "", sudo: true }],
  ["root needs no sudo", {}, "root", true, { scope: "rootful", user: "", sudo: false }],
  ["the user itself", {}, "senex", false, { scope: "rootless", user: "", sudo: false }],
  [
    "the user itself, by name",
    { "service-user": "senex" },
    "senex",
    false,
    { scope: "rootless", user: "", sudo: false },
  ],
  [
    "the user itself needs no sudo",
    { "service-user": "senex" },
    "senex",
    true,
    { scope: "rootless", user: "", sudo: false },
  ],
  [
    "root for a user",
    { "service-user": "senex" },
    "root",
    false,
    { scope: "rootless", user: "senex", sudo: false },
  ],
  [
    "sudo for a user",
    { "service-user": "senex" },
    "op",
    true,
    { scope: "rootless", user: "senex", sudo: true },
  ],
])("who owns the units, and how the login becomes them: %s", (_, raw, user, sudo, expected) => {
  const content = contentOf({ ...raw, host: `${user}@h`, sudo: String(sudo) });
  const login = { name: "h", host: "h", port: 22, user };
  const access = {
    privateKey: "",
    knownHosts: "",
    fingerprints: [],
    sudo,
    connectTimeout: 1000,
  };
  expect(ownerOf(content, login, access)).toEqual(expected);
  // What the inventory says of a host counts for that host.
  expect(ownerOf(content, { ...login, sudo }, { ...access, sudo: !sudo })).toEqual(expected);
});
