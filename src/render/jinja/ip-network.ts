/** Addresses with a prefix, of IPv4 and of IPv6, as Python's `netaddr.IPNetwork` has them. */
import ipaddr from "ipaddr.js";

export interface IpNetwork {
  readonly version: 4 | 6;
  readonly address: bigint;
  /** How many of its first bits name the network. */
  readonly prefix: number;
}

export function bitsOf(version: 4 | 6): number {
  return version === 4 ? 32 : 128;
}

/** How many addresses it has. */
export function sizeOf({ version, prefix }: IpNetwork): bigint {
  return 1n << BigInt(bitsOf(version) - prefix);
}

export function firstOf(network: IpNetwork): bigint {
  return network.address & ~(sizeOf(network) - 1n);
}

export function lastOf(network: IpNetwork): bigint {
  return firstOf(network) + sizeOf(network) - 1n;
}

/** An address with nothing but itself as its network; nothing where it is out of range. */
export function single(version: 4 | 6, address: bigint): IpNetwork | undefined {
  if (address < 0n || address >> BigInt(bitsOf(version))) return undefined;
  return { version, address, prefix: bitsOf(version) };
}

/** `10.0.0.1/24`, `10.0.0.1/255.255.255.0`, `fe80::1`; nothing for what is neither. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const [address = "", mask, ...more] = text.split("/");
  const found = more.length === 0 ? parseAddress(address) : undefined;
  if (found === undefined || mask === undefined) return found;
  const prefix = /^\d+$/.test(mask) ? Number(mask) : prefixOf(mask, found.version);
  if (prefix === undefined || prefix > bitsOf(found.version)) return undefined;
  return { ...found, prefix };
}

export function parseAddress(text: string): IpNetwork | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return single(4, toBigInt(ipaddr.IPv4.parse(text).toByteArray()));
  }
  if (text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  return single(6, toBigInt(ipaddr.IPv6.parse(text).toByteArray()));
}

/** Of `255.255.255.0`, or of `0.0.0.255`, its complement. */
function prefixOf(mask: string, version: 4 | 6): number | undefined {
  const found = parseAddress(mask);
  if (found?.version !== version) return undefined;
  const bits = bitsOf(version);
  const all = (1n << BigInt(bits)) - 1n;
  for (const host of [found.address ^ all, found.address]) {
    if ((host & (host + 1n)) === 0n) return bits - (host === 0n ? 0 : host.toString(2).length);
  }
  return undefined;
}

export function addressText(version: 4 | 6, address: bigint): string {
  const bytes = toBytes(address, bitsOf(version) / 8);
  if (version === 4) return bytes.join(".");
  // As inet_ntop(3): what stands for an IPv4 address ends as one.
  const tail = bytes.slice(12).join(".");
  if (address >> 32n === 0xffffn) return `::ffff:${tail}`;
  if (address >> 32n === 0n && address > 0xffffn) return `::${tail}`;
  return new ipaddr.IPv6(bytes).toRFC5952String();
}

export function networkText({ version, address, prefix }: IpNetwork): string {
  return `${addressText(version, address)}/${prefix}`;
}

/** Whether all of `inner` is in `outer`. */
export function isWithin(inner: IpNetwork, outer: IpNetwork): boolean {
  return (
    inner.version === outer.version &&
    firstOf(inner) >= firstOf(outer) &&
    lastOf(inner) <= lastOf(outer)
  );
}

/** The name that is asked for an address's name: `1.0.0.10.in-addr.arpa.` */
export function reverseName({ version, address }: IpNetwork): string {
  const bytes = toBytes(address, bitsOf(version) / 8);
  if (version === 4) return `${bytes.reverse().join(".")}.in-addr.arpa.`;
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${[...digits].reverse().join(".")}.ip6.arpa.`;
}

function toBigInt(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function toBytes(address: bigint, length: number): number[] {
  return Array.from({ length }, (_, index) =>
    Number((address >> BigInt(8 * (length - 1 - index))) & 0xffn),
  );
}
