import { createHash, createHmac } from "node:crypto";

/** A host's public key, as it is sent and as known_hosts has it in base64. */
export interface HostKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  readonly type: string;
  /** Base64 of the key's wire form. */
  readonly key: string;
}

export interface KnownKeys {
  readonly accepted: readonly HostKey[];
  readonly revoked: readonly HostKey[];
}

/**
 * The keys that a known_hosts file has for a host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT):
 * names, `[name]:port`, patterns with `*`, `?` and `!`, and hashed names.
 */
export function knownKeys(text: string, host: string, port: number): KnownKeys {
  const accepted: HostKey[] = [];
  const revoked: HostKey[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const fields = raw.trim().split(/\s+/);
    if (fields[0] === "" || fields[0]?.startsWith("#")) continue;
    const marker = fields[0]?.startsWith("@") ? fields.shift() : undefined;
    const [names = "", type = "", key = ""] = fields;
    // A certificate authority's key signs host keys and is none itself; what another marker
    // means is not known, so its line accepts nothing.
    if (marker !== undefined && marker !== "@revoked") continue;
    if (key === "" || !matches(names, host, port)) continue;
    (marker === "@revoked" ? revoked : accepted).push({ type, key: key.replace(/=+$/, "") });
  }
  return { accepted, revoked };
}

function matches(names: string, host: string, port: number): boolean {
  const wanted = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  if (names.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = names.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(wanted).digest("base64") === hash;
  }
  let matched = false;
  for (const name of names.split(",")) {
    const negated = name.startsWith("!");
    if (!pattern(negated ? name.slice(1) : name).test(wanted)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function pattern(glob: string): RegExp {
  const source = glob
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}

/** The key that a server sent, from its wire form: a length-prefixed type comes first (RFC 4253, 6.6). */
export function hostKey(wire: Buffer): HostKey {
  const length = wire.length >= 4 ? wire.readUInt32BE(0) : 0;
  return {
    type: wire.subarray(4, 4 + length).toString("latin1"),
    key: wire.toString("base64").replace(/=+$/, ""),
  };
}

/** `SHA256:…` as OpenSSH prints it. */
export function fingerprint(key: HostKey): string {
  const hash = createHash("sha256").update(Buffer.from(key.key, "base64")).digest("base64");
  return `SHA256:${hash.replace(/=+$/, "")}`;
}

export type Verdict =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly why: "unknown" | "changed" | "revoked" };

/** Whether the key that a host offers is the one that it should have. */
export function verify(
  offered: HostKey,
  known: KnownKeys,
  fingerprints: readonly string[],
): Verdict {
  const same = (key: HostKey) => key.key === offered.key;
  if (known.revoked.some(same)) return { accepted: false, why: "revoked" };
  const print = fingerprint(offered);
  if (
    known.accepted.some(same) ||
    fingerprints.some((known) => known.replace(/=$/, "") === print)
  ) {
    return { accepted: true };
  }
  const expected = known.accepted.length > 0 || fingerprints.length > 0;
  return { accepted: false, why: expected ? "changed" : "unknown" };
}

/**
 * The signature algorithms to ask for, so that the host offers a key of a type that is known.
 * `undefined` leaves the choice open, as it must be where only fingerprints are given.
 */
export function algorithmsFor(known: KnownKeys): readonly string[] | undefined {
  if (known.accepted.length === 0) return undefined;
  const types = [...new Set(known.accepted.map((key) => key.type))];
  return types.flatMap((type) => (type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]));
}
