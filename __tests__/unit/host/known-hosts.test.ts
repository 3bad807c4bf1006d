import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  algorithmsFor,
  fingerprint,
  hostKey,
  type KnownKeys,
  knownKeys,
  verify,
} from "../../../src/host/known-hosts.js";
import { Scratch } from "./support.js";

interface Key {
  readonly type: string;
  readonly base64: string;
  /** As `ssh-keygen -lf` prints it. */
  readonly fingerprint: string;
}

function generate(type: string, ...bits: string[]): Key {
  using scratch = new Scratch();
  const path = scratch.in("key");
  execFileSync("ssh-keygen", ["-q", "-t", type, ...bits, "-N", "", "-C", "", "-f", path]);
  const [name = "", base64 = ""] = readFileSync(`${path}.pub`, "utf8").split(" ");
  const printed = execFileSync("ssh-keygen", ["-lf", `${path}.pub`]).toString();
  return { type: name, base64, fingerprint: printed.split(" ")[1] ?? "" };
}

const ed25519 = generate("ed25519");
const ecdsa = generate("ecdsa", "-b", "256");
const rsa = generate("rsa", "-b", "2048");
const other = generate("ed25519");

const line = (names: string, { type, base64 }: Key) => `${names} ${type} ${base64}\n`;
const offered = (key: Key) => hostKey(Buffer.from(key.base64, "base64"));
const bare = (key: Key) => ({ type: key.type, key: key.base64.replace(/=+$/, "") });

test.each([
  ["ed25519", ed25519],
  ["ecdsa", ecdsa],
  ["rsa", rsa],
])("the fingerprint of a key (%s) is what ssh-keygen prints", (_, key) => {
  expect(offered(key)).toEqual(bare(key));
  expect(fingerprint(offered(key))).toBe(key.fingerprint);
});

test.each([[Buffer.alloc(0)], [Buffer.from([0, 0])], [Buffer.from([255, 255, 255, 255, 1])]])(
  "a key of %o is no key, and no crash",
  (wire) => {
    expect(() => hostKey(wire)).not.toThrow();
  },
);

describe("the lines that name a host, as ssh-keygen -F finds them", () => {
  test.each<[names: string, host: string, port: number, found: boolean]>([
    ["web", "web", 22, true],
    ["web", "WEB", 22, true],
    ["Web.Example.COM", "web.example.com", 22, true],
    ["web", "web2", 22, false],
    ["web", "eb", 22, false],
    ["a,web,b", "web", 22, true],
    ["192.0.2.7", "192.0.2.7", 22, true],
    ["192.0.2.7", "192x0x2x7", 22, false],
    ["2001:db8::7", "2001:db8::7", 22, true],
    ["[web]:2222", "web", 2222, true],
    ["[web]:2222", "web", 22, false],
    ["[web]:2222", "web", 2223, false],
    ["[2001:db8::7]:2222", "2001:db8::7", 2222, true],
    ["*.example.com", "web.example.com", 22, true],
    ["*.example.com", "example.com", 22, false],
    ["[*.example.com]:2222", "web.example.com", 2222, true],
    ["w?b", "web", 22, true],
    ["w?b", "wb", 22, false],
    ["*", "anything", 22, true],
    ["*,!web", "web", 22, false],
    ["!web,*", "web", 22, false],
    ["*,!web", "db", 22, true],
    ["!web", "db", 22, false],
    ["web+(x)", "web+(x)", 22, true],
  ])("%s for %s port %i: %s", (names, host, port, found) => {
    const text = line(names, ed25519);
    expect(knownKeys(text, host, port)).toEqual({
      accepted: found ? [bare(ed25519)] : [],
      revoked: [],
    });
    using scratch = new Scratch();
    const asked = port === 22 ? host : `[${host}]:${port}`;
    const { status } = spawnSync("ssh-keygen", ["-F", asked, "-f", scratch.write("known", text)]);
    expect(status === 0).toBe(found);
  });

  test.each<[names: string, host: string, port: number]>([
    ["web.example.com", "web.example.com", 22],
    ["[web.example.com]:2222", "web.example.com", 2222],
    ["2001:db8::7", "2001:db8::7", 22],
  ])("%s, hashed by ssh-keygen -H", (names, host, port) => {
    using scratch = new Scratch();
    const path = scratch.write("known", line(names, ed25519));
    spawnSync("ssh-keygen", ["-H", "-f", path]);
    const hashed = scratch.read("known");
    expect(hashed).toMatch(/^\|1\|/);
    expect(knownKeys(hashed, host, port).accepted).toEqual([bare(ed25519)]);
    expect(knownKeys(hashed, host.toUpperCase(), port).accepted).toEqual([bare(ed25519)]);
    expect(knownKeys(hashed, "other", port).accepted).toEqual([]);
    expect(knownKeys(hashed, host, port + 1).accepted).toEqual([]);
  });

  test.each([
    ["comments and blank lines", `# web\n\n  \n${line("web", ed25519)}`],
    ["Windows line ends", line("web", ed25519).replace("\n", "\r\n")],
    ["tabs and indents", `  web\t${ed25519.type}\t ${ed25519.base64}  a comment`],
    ["lines that are cut off", `web\nweb ssh-ed25519\n|1|x|\n${line("web", ed25519)}`],
    [
      "an authority, which signs host keys and is none",
      `@cert-authority ${line("*", other)}${line("web", ed25519)}`,
    ],
  ])("%s", (_, text) => {
    expect(knownKeys(text, "web", 22)).toEqual({ accepted: [bare(ed25519)], revoked: [] });
  });

  test("revoked keys are kept apart", () => {
    const text = `${line("web", ed25519)}@revoked ${line("*", other)}`;
    expect(knownKeys(text, "web", 22)).toEqual({
      accepted: [bare(ed25519)],
      revoked: [bare(other)],
    });
  });

  // OpenSSH skips a line with a marker that it does not know.
  test.each(["@REVOKED", "@revokd", "@anything"])("the marker %s accepts nothing", (marker) => {
    expect(knownKeys(`${marker} ${line("web", ed25519)}`, "web", 22).accepted).toEqual([]);
  });
});

describe("verdict", () => {
  const known = (text: string): KnownKeys => knownKeys(text, "web", 22);
  test.each<[string, string, readonly string[], Key, ReturnType<typeof verify>]>([
    ["a known key", line("web", ed25519), [], ed25519, { accepted: true }],
    ["one of several", line("web", rsa) + line("web", ed25519), [], ed25519, { accepted: true }],
    ["another key", line("web", ed25519), [], other, { accepted: false, why: "changed" }],
    ["another type", line("web", ed25519), [], rsa, { accepted: false, why: "changed" }],
    ["no key of this host", line("db", ed25519), [], ed25519, { accepted: false, why: "unknown" }],
    ["nothing at all", "", [], ed25519, { accepted: false, why: "unknown" }],
    [
      "a revoked key",
      `@revoked ${line("web", ed25519)}`,
      [],
      ed25519,
      { accepted: false, why: "revoked" },
    ],
    [
      "revoked beats known",
      `${line("web", ed25519)}@revoked ${line("*", ed25519)}`,
      [],
      ed25519,
      { accepted: false, why: "revoked" },
    ],
    [
      "revoked beats a fingerprint",
      `@revoked ${line("*", ed25519)}`,
      [ed25519.fingerprint],
      ed25519,
      { accepted: false, why: "revoked" },
    ],
    ["a fingerprint", "", [other.fingerprint, ed25519.fingerprint], ed25519, { accepted: true }],
    ["a padded fingerprint", "", [`${ed25519.fingerprint}=`], ed25519, { accepted: true }],
    ["another fingerprint", "", [other.fingerprint], ed25519, { accepted: false, why: "changed" }],
    [
      "a fingerprint beside other known keys",
      line("web", other),
      [ed25519.fingerprint],
      ed25519,
      { accepted: true },
    ],
  ])("%s", (_, text, fingerprints, key, expected) => {
    expect(verify(offered(key), known(text), fingerprints)).toEqual(expected);
  });
});

test.each<[string, string, readonly string[] | undefined]>([
  ["none known: the choice is open", "", undefined],
  ["one", line("web", ed25519), ["ssh-ed25519"]],
  ["RSA keys sign with SHA-2", line("web", rsa), ["rsa-sha2-512", "rsa-sha2-256"]],
  [
    "several, once each, in their order",
    line("web", ecdsa) + line("web", ed25519) + line("web", other),
    ["ecdsa-sha2-nistp256", "ssh-ed25519"],
  ],
  ["revoked ones are not asked for", `@revoked ${line("web", ed25519)}`, undefined],
])("algorithms: %s", (_, text, expected) => {
  expect(algorithmsFor(knownKeys(text, "web", 22))).toEqual(expected);
});
