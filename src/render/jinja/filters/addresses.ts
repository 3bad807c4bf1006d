/** Filters of IP addresses, which Ansible has in its collection `ansible.utils`. */
import {
  addressText,
  bitsOf,
  firstOf,
  type IpNetwork,
  isWithin,
  lastOf,
  networkText,
  parseAddress,
  parseNetwork,
  reverseName,
  single,
  sizeOf,
} from "../ip-network.js";
import type { Args } from "../parameters.js";
import * as python from "../python.js";
import { Dict, Fault, Float, unsupported, type Value } from "../values.js";
import { type Filters, filter } from "./registry.js";

/** An address or a network, and how it was given. */
interface Given {
  readonly network: IpNetwork;
  readonly kind: "address" | "network";
  readonly value: Value;
}

type Query = (given: Given) => Value;

const query = (ask: (network: IpNetwork) => Value): Query => {
  return ({ network }) => ask(network);
};
/** The value itself, where what is asked of it is so. */
const whether = (ask: (network: IpNetwork) => boolean): Query => {
  return ({ network, value }) => (ask(network) ? value : null);
};
/** What only networks can be asked. */
const ofNetwork = (ask: (network: IpNetwork) => Value): Query => {
  return ({ network, kind }) => {
    if (kind === "address") throw new Fault("this is no network: it has no prefix");
    return ask(network);
  };
};

const addressOf = ({ version, address }: IpNetwork) => addressText(version, address);
const firstText = (network: IpNetwork) => addressText(network.version, firstOf(network));
const netmask = ({ version, prefix }: IpNetwork) => {
  const bits = BigInt(bitsOf(version));
  return addressText(version, ((1n << bits) - 1n) ^ ((1n << (bits - BigInt(prefix))) - 1n));
};
const hostmask = (network: IpNetwork) => addressText(network.version, sizeOf(network) - 1n);
const isFirst = (network: IpNetwork) => network.address === firstOf(network);
/** Networks of one address or two have none, and nor have those of IPv6. */
const broadcast = (network: IpNetwork) => (sizeOf(network) > 2n ? lastOf(network) : undefined);
const usable = (network: IpNetwork): readonly [bigint, bigint] => {
  const ends = sizeOf(network) === 2n ? 0n : 1n;
  return [firstOf(network) + ends, lastOf(network) - ends];
};
const neighbour = (step: bigint) =>
  ofNetwork((network) => {
    const [first, last] = usable(network);
    const next = network.address + step;
    const isThere = sizeOf(network) > 1n && next >= first && next <= last;
    return isThere ? addressText(network.version, next) : null;
  });
const usableEnd = (end: 0 | 1) =>
  ofNetwork((network) =>
    sizeOf(network) > 1n ? addressText(network.version, usable(network)[end]) : null,
  );
const addressWithPrefix = query((network) => {
  const atEnd = isFirst(network) || network.address === broadcast(network);
  return sizeOf(network) > 2n && atEnd ? false : networkText(network);
});
const address: Query = query((network) =>
  sizeOf(network) === 1n || !isFirst(network) || sizeOf(network) === 2n || network.version === 6
    ? addressOf(network)
    : null,
);
const within = (...ranges: readonly string[]) => {
  const networks = ranges.flatMap((range) => parseNetwork(range) ?? []);
  return (network: IpNetwork) => networks.some((outer) => isWithin(network, outer));
};
/** Ranges that IANA's registries of special-purpose addresses (RFC 6890) keep within bounds. */
const isSpecial = within(
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
  ...["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"],
  ...["198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"],
  ...["::1/128", "::/128", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23"],
  ...["2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10"],
);
/** And those among them that are for all the world. */
const isExcepted = within(
  ...["192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:3::/32"],
  ...["2001:4:112::/48", "2001:20::/28", "2001:30::/28"],
);
const isPrivate = (network: IpNetwork) => {
  const address = alone(network);
  return isSpecial(address) && !isExcepted(address);
};
const isLinkLocal = within("169.254.0.0/16", "fe80::/10");
const isLoopback = within("127.0.0.0/8", "::1/128");
const isMulticast = within("224.0.0.0/4", "ff00::/8");
const isMask = ({ version, address }: IpNetwork) => {
  const rest = ((1n << BigInt(bitsOf(version))) - 1n) ^ address;
  return (rest & (rest + 1n)) === 0n || (address & (address + 1n)) === 0n;
};

const queries: Readonly<Record<string, Query>> = {
  "": ({ network, kind }) => (kind === "address" ? addressOf(network) : networkText(network)),
  address,
  ip: address,
  "address/prefix": addressWithPrefix,
  "host/prefix": addressWithPrefix,
  gateway: addressWithPrefix,
  gw: addressWithPrefix,
  hostnet: addressWithPrefix,
  router: addressWithPrefix,
  bool: query(() => true),
  broadcast: query((network) => {
    const last = broadcast(network);
    return last === undefined ? null : addressText(network.version, last);
  }),
  cidr: query(networkText),
  first_usable: usableEnd(0),
  last_usable: usableEnd(1),
  host: query((network) =>
    sizeOf(network) === 1n || !isFirst(network) || sizeOf(network) === 2n
      ? networkText(network)
      : null,
  ),
  hostmask: query(hostmask),
  wildcard: query(hostmask),
  int: ({ network, kind }) => {
    const number = python.int(network.address);
    return kind === "address" ? number : `${number}/${network.prefix}`;
  },
  "ip/prefix": query((network) =>
    sizeOf(network) === 2n || (sizeOf(network) > 1n && !isFirst(network))
      ? networkText(network)
      : null,
  ),
  ip_netmask: query((network) =>
    sizeOf(network) === 2n || (sizeOf(network) > 1n && !isFirst(network))
      ? `${addressOf(network)} ${netmask(network)}`
      : null,
  ),
  net: query((network) => (sizeOf(network) > 1n && isFirst(network) ? networkText(network) : null)),
  netmask: query(netmask),
  network: query(firstText),
  network_id: query(firstText),
  "network/prefix": query(subnet),
  subnet: query(subnet),
  network_netmask: query((network) => `${firstText(network)} ${netmask(network)}`),
  network_wildcard: query((network) => `${firstText(network)} ${hostmask(network)}`),
  next_usable: neighbour(1n),
  previous_usable: neighbour(-1n),
  peer: ofNetwork((network) => {
    const size = sizeOf(network);
    const ends = isFirst(network) || network.address === lastOf(network);
    if ((size !== 2n && size !== 4n) || (size === 4n && ends)) {
      throw new Fault(`${networkText(network)} is no end of a link between two`);
    }
    return addressText(network.version, network.address ^ (size - 1n));
  }),
  prefix: query(({ prefix }) => prefix),
  range_usable: ofNetwork((network) => {
    if (sizeOf(network) === 1n) return null;
    return usable(network)
      .map((end) => addressText(network.version, end))
      .join("-");
  }),
  revdns: query(reverseName),
  size: query((network) => python.int(sizeOf(network))),
  size_usable: query((network) => {
    const size = sizeOf(network);
    return python.int(size === 1n ? 0n : size === 2n ? 2n : size - 2n);
  }),
  type: query((network) => (sizeOf(network) > 1n && isFirst(network) ? "network" : "address")),
  version: query(({ version }) => version),
  wrap: ({ network, kind, value }) => {
    if (network.version === 4) return value;
    const wrapped = `[${addressOf(network)}]`;
    return kind === "address" ? wrapped : `${wrapped}/${network.prefix}`;
  },
  loopback: whether((network) => isLoopback(alone(network))),
  lo: whether((network) => isLoopback(alone(network))),
  "link-local": whether((network) => isLinkLocal(alone(network))),
  multicast: whether(isMulticast),
  unicast: whether((network) => !isMulticast(network)),
  private: whether(isPrivate),
  public: whether((network) => {
    const address = alone(network);
    return ![isMulticast, isPrivate, isLoopback, isMask].some((is) => is(address));
  }),
};

/** Those of netaddr that the host's network alone could need. */
const refused = new Set(["6to4", "ipv4", "ipv6", "v4", "v6", "cidr_lookup"]);

function alone({ version, address }: IpNetwork): IpNetwork {
  return { version, address, prefix: bitsOf(version) };
}

function subnet(network: IpNetwork): string {
  return networkText({ ...network, address: firstOf(network) });
}

export const addressFilters: Filters = {
  ipaddr: filter(["query", "version"], (value, args) => {
    return askAlone("ipaddr", value, args, versionOf(args.get("version") ?? false));
  }),
  ipv4: filter(["query"], (value, args) => askAlone("ipv4", value, args, 4)),
  ipv6: filter(["query"], (value, args) => askAlone("ipv6", value, args, 6)),
  ipwrap: filter(["query"], (value, args) => {
    if (typeof value !== "string" && !Array.isArray(value)) {
      const type = python.article(python.typeName(value));
      throw new Fault(`ipwrap goes with a string or a list, not with ${type}`);
    }
    const find = (one: Value) => ask("ipwrap", one, asked(args.get("query")), undefined);
    const wrap = (one: Value) => ask("ipwrap", one, "wrap", undefined);
    if (Array.isArray(value)) {
      return value.map((one) => (python.truth(find(one)) ? wrap(one) : one));
    }
    const found = find(value);
    return python.truth(found) ? wrap(found) : value;
  }),
  ipmath: filter(["amount!"], (value, args) => {
    const text = python.str(value);
    const found = text.includes("/") ? parseNetwork(text) : parseAddress(text);
    if (found === undefined) throw new Fault(`ipmath: ${text} is no IP address`);
    const moved = single(found.version, found.address + BigInt(args.int("amount", 0)));
    if (moved === undefined) throw new Fault(`ipmath: there is no address so far from ${text}`);
    return addressOf(moved);
  }),
  nthhost: filter(["query"], (value, args) => {
    const network = normal(python.str(value));
    const wanted = asked(args.get("query"));
    if (network === undefined || !/^-?\d+$/.test(wanted)) return false;
    return nth(network, BigInt(wanted)) ?? false;
  }),
  ipsubnet: filter(["query", "index"], (value, args) => {
    const network = normal(python.str(value));
    if (network === undefined) return false;
    return subnets(network, asked(args.get("query")), args.optionalInt("index"));
  }),
};

function asked(query: Value | undefined): string {
  return query === undefined || query === null ? "" : python.str(query);
}

function versionOf(version: Value): 4 | 6 | undefined {
  if (version === 4 || version === 6) return version;
  if (!python.truth(version)) return undefined;
  throw new Fault(`ipaddr knows no version ${python.str(version)} of IP`);
}

/** What is no address is false, but what can be none at all is an error where it stands alone. */
function askAlone(name: string, value: Value, args: Args, version: 4 | 6 | undefined): Value {
  if (value === null || value instanceof Float || value instanceof Dict) {
    const type = python.article(python.typeName(value));
    throw new Fault(`${name} goes with a string, a number or a list, not with ${type}`);
  }
  return ask(name, value, asked(args.get("query")), version);
}

function ask(name: string, value: Value, query: string, version: 4 | 6 | undefined): Value {
  if (Array.isArray(value)) {
    return value.map((item) => ask(name, item, query, version)).filter(python.truth);
  }
  const given = read(value, version);
  if (given === undefined) return false;
  if (refused.has(query)) throw unsupported(`${name}('${query}')`);
  const known = Object.hasOwn(queries, query) ? queries[query] : undefined;
  const container = known || /^-?\d+$/.test(query) ? undefined : parseNetwork(query);
  if (version !== undefined && given.network.version !== version) return false;
  if (known) return known(given);
  if (container) return isWithin(given.network, container) ? given.value : null;
  if (!/^-?\d+$/.test(query)) throw new Fault(`${name} cannot be asked for ${query}`);
  if (sizeOf(given.network) === 1n) return queries[""]?.(given) ?? null;
  const found = nth(given.network, BigInt(query));
  return found === undefined ? false : `${found}/${given.network.prefix}`;
}

/** A number is an address too: of IPv4 where it fits. */
function read(value: Value, version: 4 | 6 | undefined): Given | undefined {
  if (typeof value === "boolean" || !python.truth(value)) return undefined;
  const text = python.str(value);
  const [, number, prefix] = /^(\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  if (number !== undefined) {
    const four = version === 6 ? undefined : single(4, BigInt(number));
    const alone = four ?? single(6, BigInt(number));
    if (alone === undefined || Number(prefix ?? 0) > bitsOf(alone.version)) return undefined;
    const network = prefix === undefined ? alone : { ...alone, prefix: Number(prefix) };
    const kind = prefix === undefined ? "address" : "network";
    return { network, kind, value: networkText(network) };
  }
  const network = parseNetwork(text);
  return network && { network, kind: text.includes("/") ? "network" : "address", value };
}

/** The network that an address or a network stands for: an address stands for itself. */
function normal(value: Value): IpNetwork | undefined {
  const given = read(value, undefined);
  if (given === undefined) return undefined;
  return given.network;
}

function nth(network: IpNetwork, index: bigint): string | undefined {
  const size = sizeOf(network);
  if (index >= size || index < -size) return undefined;
  const from = index < 0n ? size + index : index;
  return addressText(network.version, firstOf(network) + from);
}

function subnets(value: IpNetwork, query: string, index: number | undefined): Value {
  const bits = bitsOf(value.version);
  const network = { ...value, address: firstOf(value) };
  if (query === "") return networkText(network);
  if (!/^\d+$/.test(query)) return rank(network, query);
  const prefix = Number(query);
  if (prefix > bits) return false;
  if (index !== undefined && network.version === 6 && network.address >> 32n === 0n) {
    // netaddr takes so small a number for an address of IPv4.
    throw unsupported("ipsubnet of an IPv6 network below ::1:0:0");
  }
  if (network.prefix === bits) {
    // Of all networks around an address, from that prefix on.
    const at = index ?? 0;
    const count = bits - prefix;
    if (index !== undefined && (at > bits + 1 - at || at < prefix - bits)) return false;
    const place = at < 0 ? prefix + count + at : prefix + at;
    if (at >= count || at < -count) throw new Fault(`ipsubnet has no network ${at} of ${count}`);
    return subnet({ ...network, prefix: place });
  }
  if (prefix < network.prefix) {
    // netaddr counts the parts of a larger one as a fraction, of which only the first is there.
    if (index !== undefined) return index === 0 && networkText({ ...network, prefix });
    const larger = `one with ${network.prefix} bits has no part with ${prefix}`;
    throw new Fault(`ipsubnet: ${larger}`);
  }
  const count = 1n << BigInt(prefix - network.prefix);
  if (index === undefined) return python.int(count).toString();
  const place = index < 0 ? BigInt(index) + count : BigInt(index);
  if (place < 0n || place >= count) return false;
  const address = network.address + (place << BigInt(bits - prefix));
  return networkText({ ...network, address, prefix });
}

/** The how-manieth of its size a network is in another, from 1 on. */
function rank(network: IpNetwork, query: string): Value {
  const outer = parseNetwork(query);
  if (outer === undefined) throw new Fault(`ipsubnet: ${query} is no network`);
  if (network.version !== outer.version) {
    throw unsupported("ipsubnet between versions of IP");
  }
  if (!isWithin(network, outer)) {
    throw new Fault(`ipsubnet: ${networkText(network)} is not in ${subnet(outer)}`);
  }
  const place = (network.address - firstOf(outer)) / sizeOf(network);
  return python.int(place + 1n).toString();
}
