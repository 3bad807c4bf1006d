import { type UnitFile, valuesOf, words } from "./unit-file.js";

/** What pulls a unit in by [Install], and the folder of links that systemd keeps for each. */
const folders = { WantedBy: "wants", RequiredBy: "requires", UpheldBy: "upholds" } as const;

/** Whether something else starts the unit, at boot for example, once it is enabled. */
export function isInstalled(unit: UnitFile): boolean {
  return Object.keys(folders).some((key) => valuesOf(unit, "Install", key).length > 0);
}

/**
 * The links that `systemctl enable` would make, below systemd's directory:
 * `timers.target.wants/backup.timer` (systemd.unit(5), [Install]).
 */
export function installLinks(name: string, unit: UnitFile): readonly string[] {
  const [, instance = ""] = /@([^@]*)\.[a-z]+$/.exec(name) ?? [];
  const named = (key: string) =>
    valuesOf(unit, "Install", key)
      .flatMap(words)
      .map((one) => one.replaceAll("%i", instance));
  const pulling = Object.entries(folders).flatMap(([key, folder]) =>
    named(key).map((by) => `${by}.${folder}/${name}`),
  );
  return [...new Set([...pulling, ...named("Alias")])].filter((link) => link !== name);
}
