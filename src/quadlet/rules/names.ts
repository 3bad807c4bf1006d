import { sectionOf, templateOf } from "../kinds.js";
import { dropInOwner, type Service } from "../services.js";
import { lastValue } from "../unit-file.js";
import { type CheckedFile, entriesOf, type Found, type Rule } from "./finding.js";

/** `web.container` and `web.kube` both make `web.service`; Quadlet keeps the last in silence. */
const sharedService: Rule = {
  id: "shared-service",
  severity: "error",
  find: ({ files, services }) =>
    services.flatMap((service, index): Found[] => {
      const first = services.findIndex((other) => other.name === service.name);
      const twin = services[first];
      return twin === undefined || first === index
        ? []
        : [
            {
              file: unitOf(files, service),
              message: `makes ${service.name}, as ${twin.source} does`,
              remedy: "Rename one of the two, or give it a ServiceName=.",
            },
          ];
    }),
};

/** Podman gives a name once; the second container would throw the first one out. */
const sharedName: Rule = {
  id: "shared-container-name",
  severity: "error",
  find: (checked) => {
    const seen = new Map<string, string>();
    return [
      ...entriesOf(
        checked,
        ({ section, key, value }, kind) =>
          section === sectionOf(kind) && key === "ContainerName" && !/[%$]/.test(value),
      ),
    ].flatMap(({ file, entry }): Found[] => {
      // Nothing starts a template itself; its instances' files have the name as well.
      if (file.path.includes("@.")) return [];
      const other = seen.get(entry.value);
      seen.set(entry.value, file.source);
      return other === undefined || other === file.source
        ? []
        : [
            {
              file,
              entry,
              message: `the container of ${other} is called ${entry.value} as well`,
              remedy: "Name one of them otherwise.",
            },
          ];
    });
  },
};

const badServiceName: Rule = {
  id: "bad-service-name",
  severity: "error",
  find: ({ files, services }) =>
    services
      .filter(
        (service) =>
          !/^[A-Za-z0-9:_.@\\-]+$/.test(service.name) || service.name.endsWith(".service.service"),
      )
      .map((service) => {
        const file = unitOf(files, service);
        const named = lastValue(file.unit, sectionOf(service.kind), "ServiceName") !== undefined;
        return named
          ? {
              file,
              message: `ServiceName= makes ${JSON.stringify(service.name)}, which is not a unit's name`,
              remedy: "Write the name alone, without a path and without .service.",
            }
          : {
              file,
              message: `its name makes ${JSON.stringify(service.name)}, which is not a unit's name`,
              remedy: 'Name it with letters, digits, ":", "_", ".", "@" and "-".',
            };
      }),
};

const strayDropIn: Rule = {
  id: "stray-drop-in",
  severity: "error",
  find: ({ files, services }) =>
    files.flatMap((file): Found[] => {
      const owner = dropInOwner(file.path);
      if (owner === undefined || reachesOthers(owner) !== undefined) return [];
      const owners = services.map(({ unit, name }) => (file.place === "quadlet" ? unit : name));
      return owners.includes(owner) || owners.includes(templateOf(owner) ?? "")
        ? []
        : [
            {
              file,
              message: `is a drop-in for ${owner}, which no unit here makes`,
              remedy: `The units here make ${services.map((service) => service.name).join(", ")}.`,
            },
          ];
    }),
};

const wideDropIn: Rule = {
  id: "wide-drop-in",
  severity: "error",
  find: ({ files }) =>
    files.flatMap((file): Found[] => {
      const wide = reachesOthers(dropInOwner(file.path) ?? "x.service");
      return wide === undefined
        ? []
        : [
            {
              file,
              message: `acts on every ${wide} of the host, other apps' included`,
              remedy: `Put it into the folder of one unit, NAME.${wide.replace(/ .*/, "")}.d.`,
            },
          ];
    }),
};

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

export function unitOf(files: readonly CheckedFile[], service: Service): CheckedFile {
  const found = files.find(({ place, path }) => place === service.place && path === service.unit);
  if (found === undefined) throw new Error(`${service.unit} is no file of the release`);
  return found;
}

export const nameRules: readonly Rule[] = [
  sharedService,
  sharedName,
  badServiceName,
  strayDropIn,
  wideDropIn,
];
