import type { Service } from "../services.js";
import { type UnitFile, valuesOf, words } from "../unit-file.js";
import type { Checked, Found, Rule } from "./finding.js";
import { unitOf } from "./names.js";

/** A timer, a socket or a path that starts what is nowhere here is mostly a name gone wrong. */
const missingTrigger: Rule = {
  id: "nothing-to-start",
  severity: "warning",
  find: ({ files, services }) => {
    const known = new Set(services.flatMap(({ name, instanceOf }) => [name, instanceOf]));
    return services.flatMap((service): Found[] => {
      const { starts } = service;
      const template = starts?.replace(/@[^.]*\./, "@.");
      return starts === undefined || known.has(starts) || known.has(template)
        ? []
        : [
            {
              file: unitOf(files, service),
              message: `starts ${starts}, which no unit here makes`,
              remedy: "Add it, unless the host has it from elsewhere.",
            },
          ];
    });
  },
};

/** Keys by which one unit has another one started. */
const pulling = [
  "Wants",
  "Requires",
  "BindsTo",
  "Upholds",
  "Requisite",
  "OnFailure",
  "OnSuccess",
  "PartOf",
];

/** A unit of systemd's own without [Install] runs only where something else wants it. */
const neverStarted: Rule = {
  id: "never-started",
  severity: "warning",
  find: ({ files, services }) => {
    const pulled = new Set([
      ...services.flatMap(({ starts }) => starts ?? []),
      ...files.flatMap(({ unit }) => pulledBy(unit)),
    ]);
    return services
      .filter(({ place, onDemand, startable, kind }) => {
        return place === "systemd" && onDemand && startable && kind !== "slice";
      })
      .filter(({ name }) => !pulled.has(name))
      .map((service) => ({
        file: unitOf(files, service),
        message: "has no [Install], and nothing here starts it",
        remedy: `Add [Install] with WantedBy=${usualTarget(service)}, or name it where it is wanted.`,
      }));
  },
};

function pulledBy(unit: UnitFile): readonly string[] {
  const named = pulling.flatMap((key) => valuesOf(unit, "Unit", key).flatMap(words));
  return [...named, ...valuesOf(unit, "Service", "Sockets").flatMap(words)];
}

function usualTarget({ kind }: Service): string {
  const own: Partial<Record<Service["kind"], string>> = {
    timer: "timers.target",
    socket: "sockets.target",
    path: "paths.target",
  };
  return own[kind] ?? "default.target";
}

/** Targets that the system's manager has and a user's has not (systemd.special(7)). */
const systemTargets = /^(multi-user|graphical|network-online|network|sysinit|local-fs)\.target$/;

/** Rootless units start with the user's manager, whose target is default.target. */
const systemTarget: Rule = {
  id: "no-such-target",
  severity: "warning",
  find: ({ files, services, scope }: Checked) =>
    scope === "rootful"
      ? []
      : services.flatMap((service): Found[] => {
          if (service.instanceOf !== undefined) return [];
          const file = unitOf(files, service);
          const targets = ["WantedBy", "RequiredBy", "UpheldBy"].flatMap((key) =>
            service.files.flatMap((path) => {
              const part = files.find((one) => `${one.place}/${one.path}` === path);
              return part === undefined ? [] : valuesOf(part.unit, "Install", key).flatMap(words);
            }),
          );
          return targets.length === 0 || !targets.every((target) => systemTargets.test(target))
            ? []
            : [
                {
                  file,
                  message: `is wanted by ${targets.join(", ")} alone, which a user's manager does not have: it does not start at boot`,
                  remedy: "Write WantedBy=default.target.",
                },
              ];
        }),
};

export const startingRules: readonly Rule[] = [missingTrigger, neverStarted, systemTarget];
