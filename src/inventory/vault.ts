/** Texts that `ansible-vault` encrypted: PBKDF2, AES in counter mode, and a MAC over it. */
import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";

export function isVault(text: string): boolean {
  return text.startsWith("$ANSIBLE_VAULT;");
}

/** What is in `text`, by the first password that fits. Throws an `Error` that says why not. */
export function decrypt(text: string, passwords: readonly string[]): string {
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  const [, version, cipher] = header.trim().split(";");
  if ((version !== "1.1" && version !== "1.2") || cipher !== "AES256") {
    throw new Error(`its header ${header.trim()} is not one of vault 1.1 or 1.2 with AES256`);
  }
  const body = lines.map((line) => line.trim()).join("");
  const parts = unhex(body).toString("latin1").split("\n");
  if (parts.length !== 3) throw new Error("it is damaged");
  const [salt, mac, data] = parts.map(unhex) as [Buffer, Buffer, Buffer];
  for (const password of passwords) {
    const keys = pbkdf2Sync(password, salt, 10_000, 80, "sha256");
    const expected = createHmac("sha256", keys.subarray(32, 64)).update(data).digest();
    if (expected.length !== mac.length || !timingSafeEqual(expected, mac)) continue;
    const decipher = createDecipheriv("aes-256-ctr", keys.subarray(0, 32), keys.subarray(64));
    const padded = Buffer.concat([decipher.update(data), decipher.final()]);
    return padded.subarray(0, padded.length - (padded.at(-1) ?? 0)).toString("utf8");
  }
  throw new Error("no vault password that was given fits");
}

function unhex(text: string): Buffer {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) throw new Error("it is damaged");
  return Buffer.from(text, "hex");
}
