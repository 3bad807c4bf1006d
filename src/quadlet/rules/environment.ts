import { sectionOf } from "../kinds.js";
import { isSecretName } from "../secret-names.js";
import { variablesIn, words } from "../unit-file.js";
import { entriesOf, type Found, type Rule } from "./finding.js";

const secretInEnvironment: Rule = {
  id: "secret-in-environment",
  severity: "warning",
  find: (checked) =>
    [
      ...entriesOf(
        checked,
        ({ section, key }, kind) =>
          key === "Environment" && (section === sectionOf(kind) || section === "Service"),
      ),
    ].flatMap(({ file, entry }): Found[] =>
      words(entry.value).flatMap((word): Found[] => {
        const [, name = "", value = ""] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
        if (!isSecretName(name) || value === "" || /^(\$|%|\/)/.test(value)) return [];
        return [
          {
            file,
            entry,
            message: `Environment= has the value of ${name} in a file that everybody on the host may read, and in the repository`,
            remedy: "Put it into `env`, or into a Podman secret (Secret=).",
          },
        ];
      }),
    ),
};

/** Seen on a host: with these around podman itself, it cannot reach its own directories. */
const hardening =
  /^(ProtectSystem|ProtectHome|PrivateTmp|NoNewPrivileges|PrivateUsers|ProtectControlGroups|RestrictNamespaces|ProtectKernelTunables|PrivateDevices)$/;

const rootlessHardening: Rule = {
  id: "rootless-hardening",
  severity: "warning",
  find: (checked) =>
    checked.scope === "rootful"
      ? []
      : [
          ...entriesOf(
            checked,
            ({ section, key, value }) =>
              section === "Service" && hardening.test(key) && !/^(no|false|0|off)$/i.test(value),
          ),
        ].map(({ file, entry }) => ({
          file,
          entry,
          message: `${entry.key}=${entry.value} shuts podman itself in, which cannot start a rootless container so`,
          remedy:
            "Harden the container instead: ReadOnly=, NoNewPrivileges=, DropCapability= in [Container].",
        })),
};

/**
 * systemd expands `${…}` from [Service] environment alone (podman issue 25532). A release brings
 * the host's `.env` where a unit has no [Service] EnvironmentFile= of its own.
 */
const variableWithoutEnvironment: Rule = {
  id: "variable-without-environment",
  severity: "warning",
  find: (checked) => {
    const bare = new Map(
      checked.services
        .filter(({ serviceEnvFiles }) => serviceEnvFiles.length === 0)
        .flatMap((service) => service.files.map((file) => [file, service.environment] as const)),
    );
    return [...entriesOf(checked, () => true)].flatMap(({ file, entry }): Found[] => {
      const environment = bare.get(`${file.place}/${file.path}`);
      if (environment === undefined) return [];
      return [...new Set(variablesIn(entry.value))]
        .filter((name) => !Object.hasOwn(environment, name))
        .map((name) => ({
          file,
          entry,
          message: `nothing in [Service] says what \${${name}} is, and systemd makes it empty`,
          remedy: `Set it there (Environment= or EnvironmentFile=); where a shell in the container is to read it, write $\${${name}}.`,
        }));
    });
  },
};

export const environmentRules: readonly Rule[] = [
  secretInEnvironment,
  rootlessHardening,
  variableWithoutEnvironment,
];
