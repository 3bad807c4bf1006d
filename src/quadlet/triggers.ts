import type { Kind, PlainKind } from "./kinds.js";
import { isYes, lastValue, type UnitFile } from "./unit-file.js";

/**
 * The unit that a timer, a socket or a path starts: the service of its own name, where it names no
 * other (systemd.timer(5), systemd.socket(5), systemd.path(5)).
 */
export function triggeredBy(unit: {
  readonly name: string;
  readonly kind: Kind | PlainKind;
  readonly merged: UnitFile;
}): string | undefined {
  const { name, kind, merged } = unit;
  const stem = name.slice(0, name.lastIndexOf("."));
  const [, instance = ""] = /@(.*)$/.exec(stem) ?? [];
  const named = (section: string, key: string) =>
    lastValue(merged, section, key)?.replaceAll("%i", instance);
  switch (kind) {
    case "timer":
      return named("Timer", "Unit") ?? `${stem}.service`;
    case "path":
      return named("Path", "Unit") ?? `${stem}.service`;
    case "socket":
      // A service for each connection is an instance of a template.
      return isYes(lastValue(merged, "Socket", "Accept") ?? "no")
        ? `${stem}@.service`
        : (named("Socket", "Service") ?? `${stem}.service`);
    default:
      return undefined;
  }
}
