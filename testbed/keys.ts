import { generateKeyPairSync } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sshpk from "sshpk";
import { must } from "./process.js";

/** A key pair as a user has one: files, and their text as a secret of a workflow holds it. */
export interface Key {
  /** The private key's file, mode 0600. */
  readonly path: string;
  /** The private key. */
  readonly text: string;
  /** The line for authorized_keys. */
  readonly public: string;
  readonly passphrase?: string;
}

/** Every form of key that people paste into a secret; each is let in, but for `stranger`. */
export interface Keys {
  readonly ed25519: Key;
  readonly ed25519Passphrase: Key;
  readonly ecdsa: Key;
  readonly rsa: Key;
  /** `BEGIN RSA PRIVATE KEY`. */
  readonly rsaPem: Key;
  readonly rsaPemPassphrase: Key;
  /** `BEGIN PRIVATE KEY`. */
  readonly rsaPkcs8: Key;
  /** `BEGIN PRIVATE KEY`, which OpenSSH itself reads since 9.6 alone. */
  readonly ed25519Pkcs8: Key;
  /** No host knows it. */
  readonly stranger: Key;
}

const PASSPHRASE = "correct horse battery staple";

export async function makeKeys(folder: string): Promise<Keys> {
  await mkdir(folder, { mode: 0o700 });
  const [ed25519, ed25519Passphrase, ecdsa, rsa, rsaPem, rsaPemPassphrase, stranger] =
    await Promise.all([
      generated(folder, "ed25519", ["-t", "ed25519"]),
      generated(folder, "ed25519-passphrase", ["-t", "ed25519"], PASSPHRASE),
      generated(folder, "ecdsa", ["-t", "ecdsa"]),
      generated(folder, "rsa", ["-t", "rsa", "-b", "2048"]),
      generated(folder, "rsa-pem", ["-t", "rsa", "-b", "2048", "-m", "PEM"]),
      generated(folder, "rsa-pem-passphrase", ["-t", "rsa", "-b", "2048", "-m", "PEM"], PASSPHRASE),
      generated(folder, "stranger", ["-t", "ed25519"]),
    ]);
  const rsaPkcs8 = await written(
    folder,
    "rsa-pkcs8",
    generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export(PKCS8).toString(),
  );
  const ed25519Pkcs8 = await written(
    folder,
    "ed25519-pkcs8",
    generateKeyPairSync("ed25519").privateKey.export(PKCS8).toString(),
  );
  return {
    ...{ ed25519, ed25519Passphrase, ecdsa, rsa, rsaPem, rsaPemPassphrase },
    ...{ rsaPkcs8, ed25519Pkcs8, stranger },
  };
}

/** The lines of authorized_keys for everybody but the stranger. */
export function authorizedKeys({ stranger: _, ...friends }: Keys): string {
  return Object.values(friends)
    .map((key: Key) => `${key.public}\n`)
    .join("");
}

const PKCS8 = { type: "pkcs8", format: "pem" } as const;

async function generated(
  folder: string,
  name: string,
  kind: readonly string[],
  passphrase = "",
): Promise<Key> {
  const path = join(folder, name);
  await must("ssh-keygen", ["-q", ...kind, "-N", passphrase, "-C", name, "-f", path]);
  return {
    path,
    text: await readFile(path, "utf8"),
    public: (await readFile(`${path}.pub`, "utf8")).trim(),
    ...(passphrase ? { passphrase } : {}),
  };
}

async function written(folder: string, name: string, text: string): Promise<Key> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return { path, text, public: sshpk.parsePrivateKey(text, "pem").toPublic().toString("ssh") };
}
