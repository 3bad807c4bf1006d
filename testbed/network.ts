/**
 * The testbed's network: one bridge in the sandbox's own network namespace. Nothing routes
 * out of it, so that the addresses may be the same on every machine.
 */
export const BRIDGE = {
  name: "bed0",
  address: "10.77.0.1",
  prefix: 24,
  address6: "fd77::1",
  prefix6: 64,
} as const;

/**
 * Where a bed's registry listens, the first part of its images' names. Test files that run side by
 * side have one each, by the number of their worker.
 */
export const REGISTRY = `${BRIDGE.address}:${5000 + Number(process.env.VITEST_POOL_ID ?? 0)}`;

/** Sets up the bridge; sh, run inside the new namespace. */
export const NETWORK_SETUP = `
ip link set lo up
ip link add ${BRIDGE.name} type bridge
ip addr add ${BRIDGE.address}/${BRIDGE.prefix} dev ${BRIDGE.name}
ip link set ${BRIDGE.name} up
if [ -e /proc/sys/net/ipv6 ]; then ip addr add ${BRIDGE.address6}/${BRIDGE.prefix6} dev ${BRIDGE.name} nodad; fi
`;

/** The addresses of the host with this number, from 2 on; the bridge is number 1. */
export function hostAddresses(number: number): { address: string; address6: string } {
  return { address: `10.77.0.${number}`, address6: `fd77::${number}` };
}

/** The systemd-networkd file of that host. */
export function hostNetwork(number: number): string {
  const { address, address6 } = hostAddresses(number);
  return `[Match]
Name=host0

[Network]
Address=${address}/${BRIDGE.prefix}
Address=${address6}/${BRIDGE.prefix6}
LinkLocalAddressing=no
IPv6AcceptRA=no

[Link]
RequiredForOnline=routable
`;
}
