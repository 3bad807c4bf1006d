import leven from "leven";
import { coerce, lt } from "semver";
import table from "../keys.json" with { type: "json" };
import { sectionOf } from "../kinds.js";
import type { Entry } from "../unit-file.js";
import { type Checked, entriesOf, type Found, type Rule } from "./finding.js";
import { filesInOrder } from "./references.js";

/** Since which Podman that Debian carries a key is known, by section and key. */
const known: Readonly<Record<string, Readonly<Record<string, string>>>> = table;

/** Keys that Quadlet takes and its manual does not list with the others (seen on its generator). */
const remap = ["RemapGid", "RemapUid", "RemapUidSize", "RemapUsers"];
const unlisted: Readonly<Record<string, readonly string[]>> = {
  Container: [...remap, "VolatileTmp"],
  Kube: remap,
  Pod: remap,
};

/** Sections that systemd reads, or nobody does (systemd.unit(5)). */
const common = /^(Unit|Service|Install|Quadlet|X-.*|)$/;

function isKnown(section: string, key: string): boolean {
  if (key === "ServiceName" && known[section] !== undefined) return true;
  return known[section]?.[key] !== undefined || (unlisted[section] ?? []).includes(key);
}

/** Sections of Quadlet that know a key. */
function homesOf(key: string): readonly string[] {
  return Object.keys(known).filter((section) => isKnown(section, key));
}

const ownSection = (entry: Entry, kind: Parameters<typeof sectionOf>[0]) =>
  entry.section === sectionOf(kind);

const unknownSection: Rule = {
  id: "unknown-section",
  severity: "warning",
  find: (checked) => {
    const seen = new Set<string>();
    return [
      ...entriesOf(
        checked,
        (entry, kind) => !ownSection(entry, kind) && !common.test(entry.section),
      ),
    ].flatMap(({ file, entry, kind }): Found[] => {
      const key = `${file.path}\t${entry.section}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [
        {
          file,
          entry,
          message: `nothing reads a section [${entry.section}] in a .${kind} file`,
          remedy: `Its own section is [${sectionOf(kind)}].`,
        },
      ];
    });
  },
};

const unknownKey: Rule = {
  id: "unknown-key",
  severity: "error",
  find: (checked) =>
    [...entriesOf(checked, ownSection)].flatMap(({ file, entry }): Found[] => {
      if (isKnown(entry.section, entry.key) || homesOf(entry.key).length > 0) return [];
      if (systemdKeys.test(entry.key)) return [];
      const keys = Object.keys(known[entry.section] ?? {});
      const nearest = keys
        .map((name) => ({ name, far: leven(name.toLowerCase(), entry.key.toLowerCase()) }))
        .sort((a, b) => a.far - b.far)[0];
      const hint = nearest && nearest.far <= 3 ? ` Did you mean ${nearest.name}=?` : "";
      return [
        {
          file,
          entry,
          message: `Quadlet knows no key ${entry.key}= in [${entry.section}]`,
          remedy: `podman-systemd.unit(5) lists them.${hint} What is podman's own option goes into PodmanArgs=.`,
        },
      ];
    }),
};

/** Keys of [Service] and [Unit] that are often put into a section of Quadlet. */
const systemdKeys =
  /^(Restart(Sec)?|Type|ExecStart(Pre|Post)?|ExecStop(Post)?|Timeout(Start|Stop)?Sec|After|Before|Requires|Wants|PartOf|BindsTo|WantedBy|RequiredBy|Description|Documentation|Condition\w+|RemainAfterExit|Slice|Nice|StartLimit\w+|OnFailure)$/;

const wrongSection: Rule = {
  id: "wrong-section",
  severity: "error",
  find: (checked) =>
    [...entriesOf(checked, ownSection)].flatMap(({ file, entry }): Found[] => {
      if (isKnown(entry.section, entry.key)) return [];
      const homes = homesOf(entry.key);
      if (homes.length === 0 && !systemdKeys.test(entry.key)) return [];
      const where =
        homes.length > 0
          ? homes.map((home) => `[${home}]`).join(" and ")
          : /^(WantedBy|RequiredBy)$/.test(entry.key)
            ? "[Install]"
            : /^(After|Before|Requires|Wants|PartOf|BindsTo|Description|Documentation|Condition|StartLimit|OnFailure)/.test(
                  entry.key,
                )
              ? "[Unit]"
              : "[Service]";
      return [
        {
          file,
          entry,
          message: `${entry.key}= is no key of [${entry.section}]`,
          remedy: `It belongs to ${where}.`,
        },
      ];
    }),
};

const ignoredKey: Rule = {
  id: "ignored-key",
  severity: "warning",
  find: (checked) =>
    [
      ...entriesOf(
        checked,
        ({ section, key }, kind) =>
          (section === "Unit" || section === "Service" || section === "Install") &&
          isKnown(sectionOf(kind), key) &&
          !/^(Environment|EnvironmentFile|User|Group|Mount|Mask|Notify|Label|NoNewPrivileges)$/.test(
            key,
          ),
      ),
    ].map(({ file, entry, kind }) => ({
      file,
      entry,
      message: `systemd ignores ${entry.key}= in [${entry.section}]`,
      remedy: `It belongs to [${sectionOf(kind)}].`,
    })),
};

const newerPodman: Rule = {
  id: "key-needs-newer-podman",
  severity: "error",
  find: (checked) => {
    const version = checked.podman === undefined ? null : coerce(checked.podman);
    // Which key came in which version between the two manuals nobody can say here; the host can.
    if (version === null || !lt(version, `${after}.0`)) return [];
    return [...entriesOf(checked, () => true)].flatMap(({ file, entry, kind }): Found[] => {
      const has = `the host has ${checked.podman}`;
      const [name] = filesInOrder(entry);
      if (name !== undefined) {
        return [
          {
            file,
            entry,
            message: `${entry.key}=${name} needs Podman ${after}, and ${has}, which leaves the name as it is: systemd ignores it`,
            remedy: "Name the service that it makes, as in After=db.service.",
          },
        ];
      }
      const since = ownSection(entry, kind) ? known[entry.section]?.[entry.key] : undefined;
      if (since === undefined || since === oldest) return [];
      return [
        {
          file,
          entry,
          message: `${entry.key}= needs a newer Podman: ${since} knows it, ${has}`,
          remedy: "Upgrade Podman on the host, or give the option in PodmanArgs=.",
        },
      ];
    });
  },
};

/**
 * The oldest manual of the table, and the first version after it. That one takes names of Quadlet
 * files for those of their services (podman pull request 25899; 5.4.2 was seen not to).
 */
const oldest = "5.4";
const after = "5.5";

const restartUnlessStopped: Rule = {
  id: "restart-unless-stopped",
  severity: "warning",
  find: (checked) =>
    [
      ...entriesOf(
        checked,
        ({ section, key, value }) =>
          section === "Service" && key === "Restart" && !restarts.includes(value),
      ),
    ].map(({ file, entry }) => ({
      file,
      entry,
      message: `systemd knows no Restart=${entry.value}, and ignores it`,
      remedy:
        entry.value === "unless-stopped"
          ? "Write Restart=always: a service that was stopped with systemctl stays stopped."
          : `It is one of ${restarts.join(", ")}.`,
    })),
};

/** systemd.service(5) */
const restarts = [
  ...["no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"],
];

const serviceType: Rule = {
  id: "service-type",
  severity: "error",
  find: (checked: Checked) =>
    [
      ...entriesOf(
        checked,
        ({ section, key, value }, kind) =>
          (kind === "container" || kind === "kube") &&
          section === "Service" &&
          key === "Type" &&
          !["notify", "oneshot"].includes(value),
      ),
    ].map(({ file, entry, kind }) => ({
      file,
      entry,
      message: `Quadlet takes no Type=${entry.value} for a .${kind} unit`,
      remedy: "Leave it out (it is notify), or write oneshot.",
    })),
};

export const keyRules: readonly Rule[] = [
  unknownSection,
  unknownKey,
  wrongSection,
  ignoredKey,
  newerPodman,
  restartUnlessStopped,
  serviceType,
];
