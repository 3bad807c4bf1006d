import { type Kind, kindOf, sectionOf } from "../kinds.js";
import { type Entry, words } from "../unit-file.js";
import { entriesOf, type Found, type Rule } from "./finding.js";
import { unitOf } from "./names.js";

/** systemd would break a circle by leaving one of its units out, and say so in its journal alone. */
const cycle: Rule = {
  id: "cycle",
  severity: "error",
  find: ({ files, services }) => {
    const after = new Map(services.map((service) => [service.name, service.after]));
    const finished = new Set<string>();
    const search = (name: string, path: readonly string[]): readonly string[] | undefined => {
      if (finished.has(name)) return undefined;
      if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
      for (const earlier of after.get(name) ?? []) {
        const circle = search(earlier, [...path, name]);
        if (circle) return circle;
      }
      finished.add(name);
      return undefined;
    };
    for (const service of services) {
      const circle = search(service.name, []);
      if (circle) {
        return [
          {
            file: unitOf(files, service),
            message: `waits in a circle: ${circle.join(" after ")}`,
            remedy: "Take one After= or Before= of these away.",
          },
        ];
      }
    }
    return [];
  },
};

/** Keys whose values may name a Quadlet file, which Quadlet then wants to read. */
const naming: Readonly<Record<string, RegExp>> = {
  Network: /\.(network|container)$/,
  Volume: /\.volume$/,
  Image: /\.(image|build)$/,
  Pod: /\.pod$/,
};

/** Orders and dependencies, in which Quadlet takes names of its files for those of their services. */
const ordering = /^(After|Before|Requires|Requisite|Wants|BindsTo|PartOf|Upholds|Conflicts)$/;

/** The Quadlet files that an order or a dependency names. */
export function filesInOrder({ section, key, value }: Entry): readonly string[] {
  if (section !== "Unit" || !ordering.test(key)) return [];
  return words(value).filter((name) => kindOf(name) !== undefined);
}

/** The Quadlet files that a line names. */
function namedBy(entry: Entry, kind: Kind): readonly string[] {
  const { section, key, value } = entry;
  if (section === "Unit") return filesInOrder(entry);
  if (section !== sectionOf(kind)) return [];
  if (key === "Mount") {
    const source = /(?:^|,)(?:source|src)=([^,]+)/.exec(value)?.[1] ?? "";
    return /\.(volume|image|build)$/.test(source) ? [source] : [];
  }
  const name = value.split(":")[0] ?? "";
  return naming[key]?.test(name) && kindOf(name) !== undefined ? [name] : [];
}

const missingReference: Rule = {
  id: "missing-reference",
  severity: "warning",
  find: (checked) => {
    const units = new Set(checked.files.filter(({ dropIn }) => !dropIn).map(({ path }) => path));
    return [...entriesOf(checked, () => true)].flatMap(({ file, entry, kind }): Found[] =>
      namedBy(entry, kind)
        .filter((name) => !units.has(name))
        .map((name) => ({
          file,
          entry,
          message: `${entry.key}= names ${name}, which is no unit of this release`,
          remedy:
            "Add it, unless the host has it from elsewhere; Podman refuses what it does not find.",
        })),
    );
  },
};

/** Two containers that publish one port: the second cannot start. */
const portClash: Rule = {
  id: "port-clash",
  severity: "error",
  find: ({ files, services: all }) => {
    // A template runs as its instances alone.
    const services = all.filter(({ startable }) => startable);
    return services.flatMap((service, index) =>
      service.ports.flatMap((port): Found[] => {
        const other = services
          .slice(0, index)
          .find((one) =>
            one.ports.some(
              (its) =>
                its.port === port.port &&
                (its.address === port.address || isAny(its.address) || isAny(port.address)),
            ),
          );
        return other === undefined
          ? []
          : [
              {
                file: unitOf(files, service),
                message: `publishes port ${port.port} of the host, as ${other.unit} does`,
                remedy: "Give one of them another port, or publish it only once.",
              },
            ];
      }),
    );
  },
};

function isAny(address: string): boolean {
  return address === "" || address === "0.0.0.0" || address === "::";
}

export const referenceRules: readonly Rule[] = [cycle, missingReference, portClash];
