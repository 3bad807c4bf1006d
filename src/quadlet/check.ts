import { DeployError } from "../errors.js";
import { dropInOwner, type File, type Service } from "./services.js";

/** What is wrong with a set of units as a whole; whatever one unit alone can get wrong is Podman's to say. */
export function checkUnits(
  files: readonly File[],
  services: readonly Service[],
): readonly DeployError[] {
  return [
    ...sharedServices(services),
    ...badServiceNames(services),
    ...strayDropIns(files, services),
    ...circles(services),
  ];
}

/** systemd would break a circle by leaving one of its units out, and say so in its journal alone. */
function circles(services: readonly Service[]): readonly DeployError[] {
  const after = new Map(services.map((service) => [service.name, service.after]));
  const finished = new Set<string>();
  const find = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (finished.has(name)) return undefined;
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    for (const earlier of after.get(name) ?? []) {
      const circle = find(earlier, [...path, name]);
      if (circle) return circle;
    }
    finished.add(name);
    return undefined;
  };
  for (const { name, source } of services) {
    const circle = find(name, []);
    if (circle) {
      return [
        refuse(
          source,
          `waits in a circle: ${circle.join(" after ")}`,
          "Take one After= or Before= of these away.",
        ),
      ];
    }
  }
  return [];
}

/** `web.container` and `web.kube` both make `web.service`; Quadlet keeps the last in silence. */
function sharedServices(services: readonly Service[]): readonly DeployError[] {
  return services.flatMap((service, index) => {
    const first = services.findIndex((other) => other.name === service.name);
    const twin = services[first];
    return twin === undefined || first === index
      ? []
      : [
          refuse(
            service.source,
            `makes ${service.name}, as ${twin.source} does`,
            "Rename one of the two, or give it a ServiceName=.",
          ),
        ];
  });
}

function badServiceNames(services: readonly Service[]): readonly DeployError[] {
  return services
    .filter(
      (service) =>
        !/^[A-Za-z0-9:_.@\\-]+$/.test(service.name) || service.name.endsWith(".service.service"),
    )
    .map((service) =>
      refuse(
        service.source,
        `ServiceName= makes ${JSON.stringify(service.name)}, which is not a unit's name`,
        "Write the name alone, without a path and without .service.",
      ),
    );
}

function strayDropIns(
  files: readonly File[],
  services: readonly Service[],
): readonly DeployError[] {
  return files.flatMap((file) => {
    const owner = dropInOwner(file.path);
    if (owner === undefined) return [];
    const wide = reachesOthers(owner);
    if (wide !== undefined) {
      return [
        refuse(
          file.source,
          `acts on every ${wide} of the host, other apps' included`,
          `Put it into the folder of one unit, NAME.${wide.replace(/ .*/, "")}.d.`,
        ),
      ];
    }
    const units = services.map(({ unit, name }) => (file.place === "quadlet" ? unit : name));
    if (units.includes(owner)) return [];
    return [
      refuse(
        file.source,
        `is a drop-in for ${owner}, which no unit here makes`,
        `The units here make ${services.map((service) => service.name).join(", ")}.`,
      ),
    ];
  });
}

/**
 * Drop-ins of a whole kind (`service.d/`) or of a prefix up to a dash (`web-.service.d/`) act on
 * what is not this app's: sshd too is a service. Source: systemd.unit(5), podman-systemd.unit(5).
 *
 * @returns which units they are, in words
 */
function reachesOthers(owner: string): string | undefined {
  const [, prefix, kind] = /^(?:(.*-)\.)?([a-z]+)$/.exec(owner) ?? [];
  if (kind === undefined) return undefined;
  return prefix === undefined ? kind : `${kind} named ${prefix}…`;
}

function refuse(file: string, cause: string, remedy: string): DeployError {
  return new DeployError({ phase: "check", object: file, location: { file }, cause, remedy });
}
