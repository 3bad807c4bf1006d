import { execFileSync } from "node:child_process";
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { readFileSync } from "node:fs";
import ssh2 from "ssh2";
import { describe, expect, test } from "vitest";
import { readPrivateKey } from "../../../src/host/private-key.js";
import { errorsOf } from "../settings/support.js";
import { Scratch } from "./support.js";

const passphrase = "open sesame, it's me";

/** A key by OpenSSH itself, in the format asked for (`-m`). */
function byOpenSsh(args: readonly string[], secret = ""): string {
  using scratch = new Scratch();
  const path = scratch.in("key");
  execFileSync("ssh-keygen", ["-q", ...args, "-N", secret, "-C", "me@home", "-f", path]);
  return readFileSync(path, "utf8");
}

type Format = "pkcs1" | "sec1" | "pkcs8";

function exported(key: KeyObject, type: Format, secret?: string): string {
  const pem = { type, format: "pem" } as const;
  return key
    .export(secret === undefined ? pem : { ...pem, cipher: "aes-256-cbc", passphrase: secret })
    .toString();
}

const keys = {
  ed25519: generateKeyPairSync("ed25519").privateKey,
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  p256: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  p384: generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  p521: generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
};

/** The public half, as DER. */
function publicDer(key: KeyObject | string): string {
  return createPublicKey(key).export({ type: "spki", format: "der" }).toString("hex");
}

/** What the SSH library makes of the text, as the connection gives it. */
function asRead(text: string, secret?: string): string {
  const parsed = ssh2.utils.parseKey(readPrivateKey(text, secret), secret);
  if (parsed instanceof Error) throw parsed;
  return publicDer(parsed.getPublicPEM());
}

/** The line of a `.pub` file. */
function publicKey(text: string): string {
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  return `${parsed.type} ${parsed.getPublicSSH().toString("base64")} me@home`;
}

describe("keys by OpenSSH", () => {
  test.each<[string, readonly string[]]>([
    ["ed25519", ["-t", "ed25519"]],
    ["ecdsa", ["-t", "ecdsa", "-b", "256"]],
    ["rsa", ["-t", "rsa", "-b", "2048"]],
    ["rsa, PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
    ["ecdsa, PEM", ["-t", "ecdsa", "-b", "384", "-m", "PEM"]],
    ["rsa, PKCS#8", ["-t", "rsa", "-b", "2048", "-m", "PKCS8"]],
    ["ecdsa, PKCS#8", ["-t", "ecdsa", "-b", "521", "-m", "PKCS8"]],
  ])("%s, plain and encrypted", (_, args) => {
    for (const secret of [undefined, passphrase]) {
      const text = byOpenSsh(secret === undefined ? args : [...args, "-a", "1"], secret);
      using scratch = new Scratch();
      const path = scratch.write("key", text, 0o600);
      const [type, base64] = execFileSync("ssh-keygen", ["-y", "-P", secret ?? "", "-f", path])
        .toString()
        .split(" ");
      const ours = ssh2.utils.parseKey(`${type} ${base64}`);
      if (ours instanceof Error) throw ours;
      expect(asRead(text, secret)).toBe(publicDer(ours.getPublicPEM()));
    }
  });
});

describe("keys by OpenSSL", () => {
  test.each<[string, KeyObject, Format]>([
    ["ed25519", keys.ed25519, "pkcs8"],
    ["rsa", keys.rsa, "pkcs8"],
    ["rsa", keys.rsa, "pkcs1"],
    ["P-256", keys.p256, "pkcs8"],
    ["P-256", keys.p256, "sec1"],
    ["P-384", keys.p384, "pkcs8"],
    ["P-521", keys.p521, "sec1"],
  ])("%s as %s", (name, key, format) => {
    void name;
    expect(asRead(exported(key, format))).toBe(publicDer(key));
    expect(asRead(exported(key, format, passphrase), passphrase)).toBe(publicDer(key));
  });
});

test("OpenSSH reads what a converted key was written as", () => {
  for (const key of [keys.ed25519, keys.rsa, keys.p256]) {
    using scratch = new Scratch();
    const path = scratch.write("key", readPrivateKey(exported(key, "pkcs8"), undefined), 0o600);
    expect(execFileSync("ssh-keygen", ["-y", "-P", "", "-f", path]).toString()).toMatch(
      /^(ssh|ecdsa)-/,
    );
  }
});

describe("what happens to a key on its way into a secret", () => {
  const text = byOpenSsh(["-t", "ed25519"]);
  test.each<[string, string]>([
    ["Windows line ends", text.replaceAll("\n", "\r\n")],
    ["old Mac line ends", text.replaceAll("\n", "\r")],
    ["blank lines around it", `\n\n${text}\n \n`],
    ["no last line end", text.trimEnd()],
  ])("%s do no harm", (_, given) => {
    expect(asRead(given)).toBe(asRead(text));
    const pem = exported(keys.ed25519, "pkcs8");
    expect(asRead(pem.replaceAll("\n", "\r\n").trim())).toBe(publicDer(keys.ed25519));
  });

  const pkcs8 = exported(keys.rsa, "pkcs8");
  const encrypted = exported(keys.rsa, "pkcs8", passphrase);
  const oldPem = exported(keys.rsa, "pkcs1", passphrase);
  const body = text.split("\n").slice(1, -2).join("\n");
  const publicLine = publicKey(exported(keys.rsa, "pkcs1"));

  test.each<[string, string, string | undefined, RegExp]>([
    [
      "nothing of a key",
      "hello world",
      undefined,
      /^is not a private key\. It starts with -----BEGIN/,
    ],
    ["its body alone", body, undefined, /^is not a private key\./],
    ["the public half", publicLine, undefined, /^is the public key\. .*without \.pub/],
    [
      "the public half in PEM",
      createPublicKey(keys.rsa).export({ type: "spki", format: "pem" }).toString(),
      undefined,
      /^is a PUBLIC KEY, not a private key\./,
    ],
    [
      "a certificate",
      `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`,
      undefined,
      /^is a CERTIFICATE, not a private key\./,
    ],
    [
      "PuTTY's format",
      `PuTTY-User-Key-File-3: ssh-ed25519\n${body}`,
      undefined,
      /^is a PuTTY key\. Convert it: puttygen/,
    ],
    ["written \\n", text.replaceAll("\n", "\\n"), undefined, /^has lost its line breaks\./],
    [
      "spaces for line breaks",
      text.replaceAll("\n", " "),
      undefined,
      /^has lost its line breaks\./,
    ],
    [
      "without its last line",
      text.split("\n").slice(0, -2).join("\n"),
      undefined,
      /^is cut off: its last line is missing\./,
    ],
    [
      "another last line",
      text.replace("-----END OPENSSH", "-----END RSA"),
      undefined,
      /^is cut off: its last line is missing\./,
    ],
    [
      "PKCS#8 with a hole",
      pkcs8.replace(/\n.{64}\n/, "\n"),
      undefined,
      /^\(PRIVATE KEY\) cannot be read\. Was it copied whole\?/,
    ],
    [
      "encrypted PKCS#8, no passphrase",
      encrypted,
      undefined,
      /^\(ENCRYPTED PRIVATE KEY\) is encrypted\. Set `ssh-key-passphrase`\./,
    ],
    [
      "encrypted PEM, no passphrase",
      oldPem,
      undefined,
      /^\(RSA PRIVATE KEY\) is encrypted\. Set `ssh-key-passphrase`\./,
    ],
    [
      "encrypted PKCS#8, wrong passphrase",
      encrypted,
      "wrong-passphrase",
      /^\(ENCRYPTED PRIVATE KEY\) does not open with this passphrase\. Check `ssh-key-passphrase`\./,
    ],
    [
      "encrypted PEM, wrong passphrase",
      oldPem,
      "wrong-passphrase",
      /^\(RSA PRIVATE KEY\) does not open with this passphrase\./,
    ],
    [
      "a type for other things (X25519)",
      exported(generateKeyPairSync("x25519").privateKey, "pkcs8"),
      undefined,
      /^has a type that SSH does not use \(x25519\)\. Use an Ed25519, ECDSA or RSA key\./,
    ],
    [
      "a curve for other things",
      exported(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey, "pkcs8"),
      undefined,
      /^has a type that SSH does not use \(ec\)\./,
    ],
  ])("%s is named, and no part of it is shown", (_, given, secret, message) => {
    const [error, ...more] = errorsOf(() => readPrivateKey(given, secret));
    expect(more).toEqual([]);
    expect(error?.message.replace("settings: ssh-key: ", "")).toMatch(message);
    const shown = JSON.stringify([error?.message, error?.parts.details ?? []]);
    for (const line of given.split(/[\s\\]+/).filter((part) => /^[A-Za-z0-9+/=]{20,}$/.test(part)))
      expect(shown).not.toContain(line);
    expect(shown).not.toContain("wrong-passphrase");
  });

  // It says that the last line is missing.
  test("no line breaks at all", () => {
    const [error] = errorsOf(() => readPrivateKey(text.replaceAll("\n", ""), undefined));
    expect(error?.message).toMatch(/has lost its line breaks/);
  });

  // It goes on to the SSH library, which says "Unsupported key format".
  test("an indented key is read", () => {
    expect(asRead(text.replaceAll("\n", "\n    "))).toBe(asRead(text));
  });
});

test("Node reads the encrypted keys of these tests, so the passphrase is what fails", () => {
  expect(createPrivateKey({ key: exported(keys.rsa, "pkcs1", passphrase), passphrase }).type).toBe(
    "private",
  );
});
