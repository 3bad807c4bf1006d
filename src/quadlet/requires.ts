import { type Kind, sectionOf } from "./kinds.js";
import { type UnitFile, valuesOf, words } from "./unit-file.js";

/** With these, a unit stops and restarts when the other one does (systemd.unit(5)). */
const propagating = ["Requires", "Requisite", "BindsTo", "PartOf"] as const;

/**
 * The units that a unit restarts with: services, as systemd names them, and Quadlet files
 * (`senex.network`), whose services Quadlet makes it require (podman-systemd.unit(5)).
 *
 * @param kind none for units that Quadlet does not read
 */
export function requiredUnits(unit: UnitFile, kind: Kind | undefined): readonly string[] {
  return [
    ...propagating.flatMap((key) => valuesOf(unit, "Unit", key).flatMap(words)),
    ...(kind === undefined ? [] : usedUnits(unit, kind)),
  ];
}

/** What a unit starts after, by `After=` and because Quadlet says so of the units that it uses. */
export function earlierUnits(unit: UnitFile, kind: Kind | undefined): readonly string[] {
  return [
    ...valuesOf(unit, "Unit", "After").flatMap(words),
    ...(kind === undefined ? [] : usedUnits(unit, kind)),
  ];
}

/** Networks, volumes, images and the pod that a unit names as Quadlet files. */
function usedUnits(unit: UnitFile, kind: Kind): readonly string[] {
  const section = sectionOf(kind);
  const values = (key: string) => valuesOf(unit, section, key);
  const sources = values("Mount").flatMap((value) => {
    const source = /(?:^|,)(?:source|src)=([^,]+)/.exec(value)?.[1];
    return source === undefined ? [] : [source];
  });
  return [
    ...[...values("Image"), ...values("Pod"), ...sources],
    // Options follow a network and a volume behind a colon.
    ...[...values("Network"), ...values("Volume")].map((value) => value.split(":")[0] ?? ""),
  ];
}
