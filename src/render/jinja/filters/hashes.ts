/** Filters that digest a text. */
import { createHash } from "node:crypto";
import { encrypt } from "unixcrypt";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Fault, unsupported } from "../values.js";
import { type Filters, filter } from "./registry.js";

/** Python's names of hashes, and Node's. */
const hashes: Readonly<Record<string, string>> = {
  md5: "md5",
  sha1: "sha1",
  sha224: "sha224",
  sha256: "sha256",
  sha384: "sha384",
  sha512: "sha512",
  sha3_256: "sha3-256",
  sha3_512: "sha3-512",
  blake2b: "blake2b512",
  blake2s: "blake2s256",
};

const digest = (name: string, text: string) =>
  createHash(hashes[name] ?? name)
    .update(text)
    .digest("hex");

export const hashFilters: Filters = {
  md5: filter([], (value) => digest("md5", python.str(value))),
  sha1: filter([], (value) => digest("sha1", python.str(value))),
  checksum: filter([], (value) => digest("sha1", python.str(value))),
  hash: filter(["hashtype"], (value, args) => {
    const name = args.string("hashtype", "sha1");
    if (!Object.hasOwn(hashes, name)) throw unsupported(`the hash ${name}`);
    return digest(name, python.str(value));
  }),
  password_hash: filter(
    ["hashtype", "salt", "salt_size", "rounds", "encrypt", "ident"],
    (value, args) => passwordHash(python.str(value), args),
  ),
  to_uuid: filter(["namespace"], (value, args) =>
    uuid5(args.string("namespace", "361E6D51-FAEC-444A-9079-341386DA8E2E"), python.str(value)),
  ),
};

/** RFC 9562, 5.5: of a namespace and a name. */
function uuid5(namespace: string, name: string): string {
  const hex = namespace.replace(/^urn:uuid:|[-{}]/gi, "");
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new Fault(`to_uuid: ${namespace} is no UUID`);
  const bytes = createHash("sha1")
    .update(Buffer.concat([Buffer.from(hex, "hex"), Buffer.from(name)]))
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** crypt(5)'s names, their marks, and how many rounds passlib takes where none are said. */
const crypts: Readonly<Record<string, { readonly id: number; readonly rounds: number }>> = {
  sha256: { id: 5, rounds: 535_000 },
  sha256_crypt: { id: 5, rounds: 535_000 },
  sha512: { id: 6, rounds: 656_000 },
  sha512_crypt: { id: 6, rounds: 656_000 },
};

function passwordHash(password: string, args: Args): string {
  const kind = args.string("hashtype", "sha512");
  const crypt = Object.hasOwn(crypts, kind) ? crypts[kind] : undefined;
  if (crypt === undefined) throw unsupported(`password_hash('${kind}')`, "Use sha512 or sha256");
  for (const name of ["ident", "encrypt"]) {
    if ((args.get(name) ?? null) !== null) throw unsupported(`password_hash with ${name}`);
  }
  const salt = args.get("salt") ?? null;
  if (salt === null || salt === "") {
    throw unsupported(
      "password_hash without a salt",
      "Its result would differ from run to run: give it one, as a secret of its own",
    );
  }
  const text = python.str(salt);
  if (!/^[./0-9A-Za-z]{1,16}$/.test(text)) {
    throw new Fault("password_hash takes 1 to 16 letters, digits, dots and slashes as salt");
  }
  const rounds = args.optionalInt("rounds") ?? crypt.rounds;
  if (rounds < 1000 || rounds > 999_999_999) {
    throw new Fault("password_hash takes 1000 to 999999999 rounds");
  }
  // As passlib writes it: the rounds of the standard itself are left out.
  const said = rounds === 5000 ? "" : `rounds=${rounds}$`;
  return encrypt(password, `$${crypt.id}$${said}${text}`);
}
