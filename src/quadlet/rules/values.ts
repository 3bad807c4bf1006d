import { sectionOf } from "../kinds.js";
import type { Entry } from "../unit-file.js";
import { entriesOf, type Found, type Rule } from "./finding.js";

/** A value that systemd completes on the host cannot be judged here. */
const isOpen = (value: string) => value === "" || /[$%]/.test(value);

interface Allowed {
  readonly sections: RegExp;
  readonly values: RegExp;
  readonly words: string;
}

/** podman-run(1), podman-systemd.unit(5); the generator lets most of them pass, the start fails. */
const allowed: Readonly<Record<string, Allowed>> = {
  HealthOnFailure: {
    sections: /^Container$/,
    values: /^(none|kill|restart|stop)$/,
    words: "none, kill, restart or stop",
  },
  Pull: {
    sections: /^(Container|Build|Image)$/,
    // `.build` takes booleans as well (podman-build(1)).
    values: /^(always|missing|never|newer|ifnewer|ifmissing|true|false)$/,
    words: "always, missing, never or newer",
  },
  PidsLimit: { sections: /^Container$/, values: /^-?\d+$/, words: "a number" },
  StopTimeout: { sections: /^(Container|Pod)$/, values: /^\d+$/, words: "seconds, as a number" },
  HealthRetries: { sections: /^Container$/, values: /^\d+$/, words: "a number" },
  HealthStartupRetries: { sections: /^Container$/, values: /^\d+$/, words: "a number" },
  HealthStartupSuccess: { sections: /^Container$/, values: /^\d+$/, words: "a number" },
  ExitPolicy: { sections: /^Pod$/, values: /^(continue|stop)$/, words: "continue or stop" },
  ExitCodePropagation: {
    sections: /^Kube$/,
    values: /^(all|any|none)$/,
    words: "all, any or none",
  },
  RemapUsers: {
    sections: /^(Container|Kube|Pod)$/,
    values: /^(manual|auto|keep-id)$/,
    words: "manual, auto or keep-id",
  },
  ExposeHostPort: {
    sections: /^Container$/,
    values: /^\d+(-\d+)?(\/(tcp|udp|sctp))?$/,
    words: "PORT or PORT-PORT",
  },
};

const badValue: Rule = {
  id: "bad-value",
  severity: "error",
  find: (checked) =>
    [...entriesOf(checked, ({ section }, kind) => section === sectionOf(kind))].flatMap(
      ({ file, entry, kind }): Found[] => {
        const refuse = (words: string) => [
          {
            file,
            entry,
            message: `${entry.key}=${entry.value} is nothing that Podman takes`,
            remedy: `It is ${words}.`,
          },
        ];
        if (isOpen(entry.value)) return [];
        const rule = allowed[entry.key];
        if (rule?.sections.test(entry.section) && !rule.values.test(entry.value)) {
          return refuse(rule.words);
        }
        const isPlace = kind !== "kube" || /^(yaml|unit)$/i.test(entry.value);
        if (entry.key === "SetWorkingDirectory" && !isPlace) return refuse("yaml or unit");
        if (entry.key === "Pod" && kind === "container" && !entry.value.endsWith(".pod")) {
          return refuse("the name of a .pod file");
        }
        return [];
      },
    ),
};

/** Keys that Quadlet reads as yes or no; it takes anything it does not know for no. */
const switches =
  /^(EnvironmentHost|HttpProxy|NoNewPrivileges|ReadOnly|ReadOnlyTmpfs|RunInit|SecurityLabel(Disable|Nested)|StartWithPod|VolatileTmp|DisableDNS|Internal|IPv6|NetworkDeleteOnStop|Copy|KubeDownForce|AllTags|TLSVerify|ForceRM|Quiet)$/;

const notASwitch: Rule = {
  id: "not-yes-or-no",
  severity: "warning",
  find: (checked) =>
    [
      ...entriesOf(
        checked,
        ({ section, key, value }, kind) =>
          section === sectionOf(kind) &&
          switches.test(key) &&
          !isOpen(value) &&
          !/^(1|0|yes|no|n|true|false|f|on|off)$/i.test(value),
      ),
    ].map(({ file, entry }) => ({
      file,
      entry,
      message: `${entry.key}=${entry.value} is neither yes nor no, and Quadlet takes it for no`,
      remedy: "Write true or false.",
    })),
};

const sourceTypes = /^(bind|volume|glob|image)$/;

/** What a `Mount=` says, by option. */
function mountOptions({ value }: Entry): ReadonlyMap<string, string> {
  return new Map(
    value
      .replace(/^(["'])(.*)\1$/, "$2")
      .split(",")
      .map((part) => {
        const [name = "", ...rest] = part.split("=");
        return [name.trim(), rest.join("=")];
      }),
  );
}

const mounts = (entry: Entry, kind: Parameters<typeof sectionOf>[0]) =>
  kind === "container" &&
  entry.section === "Container" &&
  entry.key === "Mount" &&
  entry.value !== "";

/** Seen of Podman 5.4.2: the generator panics over it, and no unit of the host is loaded. */
const mountSource: Rule = {
  id: "mount-without-source",
  severity: "error",
  find: (checked) =>
    [...entriesOf(checked, mounts)].flatMap(({ file, entry }): Found[] => {
      const options = mountOptions(entry);
      const type = options.get("type") ?? "";
      const source = options.get("source") ?? options.get("src") ?? "";
      return sourceTypes.test(type) && source === ""
        ? [
            {
              file,
              entry,
              message: `Mount=type=${type} has no source=: Podman 5.4 stops over it and loads no unit of the host at all`,
              remedy: "Add source=; for an anonymous volume write Volume=/path/in/container.",
            },
          ]
        : [];
    }),
};

const mountType: Rule = {
  id: "mount-without-type",
  severity: "warning",
  find: (checked) =>
    [...entriesOf(checked, mounts)].flatMap(({ file, entry }): Found[] =>
      mountOptions(entry).has("type")
        ? []
        : [
            {
              file,
              entry,
              message:
                "Mount= has no type=: Podman 5.4 refuses the unit, 5.8 takes it for a volume",
              remedy: "Add type=bind, type=volume or what it is.",
            },
          ],
    ),
};

const badPort: Rule = {
  id: "bad-port",
  severity: "error",
  find: (checked) =>
    [
      ...entriesOf(
        checked,
        ({ section, key, value }, kind) =>
          section === sectionOf(kind) && key === "PublishPort" && !isOpen(value),
      ),
    ].flatMap(({ file, entry }): Found[] =>
      isPublishable(entry.value)
        ? []
        : [
            {
              file,
              entry,
              message: `PublishPort=${entry.value} is nothing that Podman can publish`,
              remedy: "Write [[ADDRESS:]HOST:]CONTAINER[/tcp], with ports or ranges up to 65535.",
            },
          ],
    ),
};

/** podman-run(1) `--publish`, and what Podman 5.4 was seen to refuse when it makes a container. */
function isPublishable(value: string): boolean {
  const [, host = "", container = ""] =
    /^(?:(?:(?:\[[0-9A-Fa-f:.]+\]|[\d.]+):)?([\d-]*):)?([\d-]+)(?:\/(?:tcp|udp|sctp))?$/i.exec(
      value,
    ) ?? [];
  const inside = sizeOfRange(container);
  return inside > 0 && (host === "" || sizeOfRange(host) === inside);
}

/** How many ports; 0 where it is no range of ports. */
function sizeOfRange(text: string): number {
  const [, first = "0", last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return from >= 1 && from <= to && to <= 65535 ? to - from + 1 : 0;
}

export const valueRules: readonly Rule[] = [badValue, notASwitch, mountSource, mountType, badPort];
