import { createPrivateKey, type KeyObject } from "node:crypto";
import sshpk from "sshpk";
import { DeployError } from "../errors.js";

/**
 * A private key in a format that the SSH library reads: OpenSSH's own as it is, PEM and
 * PKCS#8 read by Node and written as OpenSSH.
 *
 * @throws {DeployError} phase `settings`, saying which format was seen and what is wrong with it;
 *   no part of the key is ever in a message
 */
export function readPrivateKey(text: string, passphrase: string | undefined): string {
  const key = text
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .join("\n")
    .trim();
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----\n/.exec(key)?.[1];
  if (label === undefined || !key.endsWith(`-----END ${label}-----`)) throw mangled(key);
  if (label === "OPENSSH PRIVATE KEY") return `${key}\n`;
  if (!/^((RSA|EC|ENCRYPTED) )?PRIVATE KEY$/.test(label)) {
    throw refuse(`is a ${label}, not a private key`, "Give the private half of an SSH key.");
  }
  return toOpenSsh(fromPem(key, label, passphrase));
}

function fromPem(key: string, label: string, passphrase: string | undefined): KeyObject {
  const encrypted = label.startsWith("ENCRYPTED") || /^Proc-Type: 4,ENCRYPTED$/m.test(key);
  if (encrypted && passphrase === undefined) {
    throw refuse(`(${label}) is encrypted`, "Set `ssh-key-passphrase`.");
  }
  try {
    return createPrivateKey({ key, ...(encrypted ? { passphrase } : {}) });
  } catch (error) {
    throw encrypted
      ? refuse(
          `(${label}) does not open with this passphrase`,
          "Check `ssh-key-passphrase`.",
          error,
        )
      : refuse(`(${label}) cannot be read`, "Was it copied whole?", error);
  }
}

function toOpenSsh(key: KeyObject): string {
  try {
    const pem = key.export({ type: "pkcs8", format: "pem" });
    return sshpk.parsePrivateKey(pem, "pkcs8").toString("openssh");
  } catch (error) {
    throw refuse(
      `has a type that SSH does not use (${key.asymmetricKeyType})`,
      "Use an Ed25519, ECDSA or RSA key.",
      error,
    );
  }
}

/** Names the usual ways in which a key is damaged on its way into a secret. */
function mangled(key: string): DeployError {
  if (/^ssh-(rsa|ed25519)|^ecdsa-sha2-/.test(key)) {
    return refuse("is the public key", "Give the private one, the file without .pub.");
  }
  if (/^PuTTY-User-Key-File/.test(key)) {
    return refuse("is a PuTTY key", "Convert it: puttygen KEY.ppk -O private-openssh -o KEY");
  }
  if (/-----BEGIN [A-Z0-9 ]+-----(\\n| |[A-Za-z0-9+/])/.test(key)) {
    return refuse("has lost its line breaks", "Paste the file as it is, over several lines.");
  }
  if (key.startsWith("-----BEGIN")) {
    return refuse("is cut off: its last line is missing", "Paste the whole file.");
  }
  return refuse("is not a private key", "It starts with -----BEGIN OPENSSH PRIVATE KEY-----.");
}

export function refuse(cause: string, remedy: string, error?: unknown): DeployError {
  return new DeployError({ phase: "settings", object: "ssh-key", cause, remedy, error });
}
