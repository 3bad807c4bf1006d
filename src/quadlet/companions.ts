import { posix } from "node:path";
import { type Kind, sectionOf } from "./kinds.js";
import { type UnitFile, valuesOf, words } from "./unit-file.js";

/**
 * Files and folders beside a unit that it uses, as paths below the directory that Quadlet reads:
 * `conf` for `Volume=./conf:/etc/shop`. Quadlet takes a relative path from the unit file as it
 * found it, which is the link there and not what that leads to (seen of Podman 5.4 and 5.8).
 */
export function companionsOf(unit: UnitFile, kind: Kind): readonly string[] {
  const values = (key: string) => valuesOf(unit, sectionOf(kind), key);
  const named = [
    ...values("EnvironmentFile").flatMap(words),
    ...values("Yaml"),
    ...values("ConfigMap"),
    ...values("File"),
  ];
  // Without the dot these are names of volumes, and ways to choose a directory.
  const dotted = [
    ...values("Volume").map((value) => value.split(":")[0] ?? ""),
    ...values("Mount").map((value) => /(?:^|,)(?:source|src)=([^,]+)/.exec(value)?.[1] ?? ""),
    ...values("SetWorkingDirectory"),
  ].filter((path) => path.startsWith("."));
  const paths = [...named, ...dotted]
    .filter((path) => path !== "" && !/^\/|[%$]|^\w+:/.test(path))
    .map((path) => posix.normalize(path).replace(/\/$/, ""));
  // The host's own .env is nobody's companion, and neither is what lies outside.
  return [...new Set(paths)].filter((path) => !/^(\.|\.\.(\/.*)?|\.env)$/.test(path));
}

/** Whether a file is one of them, or lies in a folder that is. */
export function isCompanion(path: string, companions: readonly string[]): boolean {
  return companions.some((one) => path === one || path.startsWith(`${one}/`));
}
