import { DeployError } from "../errors.js";
import type { Service } from "../quadlet/services.js";
import type { HealthSettings } from "../settings/settings.js";

/** What the health gate asks, and of whom. */
export interface HealthTarget {
  /** Asked on the host; `undefined` where the gate is not the host's. */
  readonly fromHost?: string;
  /** Asked by the runner; `undefined` where the gate is not the runner's. */
  readonly fromRunner?: string;
  /** The services behind the URL, whose journal explains a bad answer. */
  readonly services: readonly string[];
}

/**
 * Finds the URL: the one given, or `health-path` on the one port that the units publish.
 *
 * @param address how the runner reaches the host
 * @throws {DeployError} phase `settings`, where no URL follows from the units
 */
export function healthTarget(
  settings: HealthSettings,
  services: readonly Service[],
  address: string,
): HealthTarget {
  const { from } = settings;
  const published = services.flatMap((service) =>
    service.ports.map((port) => ({ service: service.name, ...port })),
  );
  const running = services.filter((service) => service.longRunning).map((service) => service.name);
  if (from === "none") return { services: running };
  const asksHost = from === "host" || from === "both";
  const asksRunner = from === "runner" || from === "both";
  if (settings.url !== undefined) {
    const { port: given, protocol, hostname } = new URL(settings.url);
    if (asksRunner && /^(localhost|127\..*|\[::1\])$/.test(hostname)) {
      throw new DeployError({
        phase: "settings",
        object: "health-url",
        cause: `${settings.url} leads the runner to itself`,
        remedy: "Set `health-from: host`, or a URL that users open.",
      });
    }
    const port = Number(given || (protocol === "https:" ? 443 : 80));
    const behind = published.filter((one) => one.port === port).map((one) => one.service);
    return {
      ...(asksHost ? { fromHost: settings.url } : {}),
      ...(asksRunner ? { fromRunner: settings.url } : {}),
      services: behind.length > 0 ? behind : running,
    };
  }
  const [only, another] = published;
  if (!only || another) throw noUrl(published.map((one) => `${one.service} ${one.port}`));
  const everywhere = ["", "0.0.0.0", "::"].includes(only.address);
  if (asksRunner && /^(127\.|::1$)/.test(only.address)) {
    throw new DeployError({
      phase: "settings",
      object: "health-from",
      cause: `the runner cannot reach port ${only.port}: ${only.service} publishes it on ${only.address} alone`,
      remedy: "Set `health-from: host`, or `health-url` to what users open.",
    });
  }
  const url = (host: string) => `http://${bracket(host)}:${only.port}${settings.path}`;
  return {
    ...(asksHost ? { fromHost: url(everywhere ? "127.0.0.1" : only.address) } : {}),
    ...(asksRunner ? { fromRunner: url(everywhere ? address : only.address) } : {}),
    services: [only.service],
  };
}

function noUrl(ports: readonly string[]): DeployError {
  return new DeployError({
    phase: "settings",
    object: "health-url",
    cause:
      ports.length === 0
        ? "the units publish no fixed TCP port to ask for health"
        : `the units publish several ports (${ports.join(", ")})`,
    remedy: "Set `health-url`, or `health-from: none` for an application without HTTP.",
  });
}

function bracket(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
