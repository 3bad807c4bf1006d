import { type UnitFile, valuesOf } from "./unit-file.js";

export interface PublishedPort {
  /** "" where the unit names none: every address. */
  readonly address: string;
  readonly port: number;
}

/**
 * The TCP ports of the host that a unit publishes on a fixed number. Ranges, random ports
 * and ports from variables are left out: nobody can say ahead of time which one serves.
 *
 * Forms, from podman-run(1) `--publish`: `[[ip:][hostPort]:]containerPort[/protocol]`.
 */
export function publishedPorts(unit: UnitFile, section: string): readonly PublishedPort[] {
  return valuesOf(unit, section, "PublishPort").flatMap((value) => {
    const [, v6, v4, port, protocol] =
      /^(?:\[([0-9A-Fa-f:]+)\]:|([^:[\]]*):)?(\d+):\d+(?:\/(\w+))?$/.exec(value) ?? [];
    if (port === undefined || (protocol !== undefined && protocol !== "tcp")) return [];
    return [{ address: v6 ?? v4 ?? "", port: Number(port) }];
  });
}
