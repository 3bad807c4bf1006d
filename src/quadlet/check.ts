import { DeployError } from "../errors.js";
import { kindOf } from "./kinds.js";
import { combinationRules } from "./rules/combinations.js";
import { environmentRules } from "./rules/environment.js";
import type { Checked, CheckedFile, Finding, Rule } from "./rules/finding.js";
import { imageRules } from "./rules/images.js";
import { keyRules } from "./rules/keys.js";
import { nameRules } from "./rules/names.js";
import { referenceRules } from "./rules/references.js";
import { startingRules } from "./rules/starting.js";
import { syntaxRules } from "./rules/syntax.js";
import { valueRules } from "./rules/values.js";
import { dropInOwner, type File, inRelease, type Service } from "./services.js";
import { silencedIn } from "./silence.js";
import { parseUnitFile } from "./unit-file.js";

/** Every rule; docs/checks.md has a section for each. */
export const rules: readonly Rule[] = [
  ...syntaxRules,
  ...nameRules,
  ...referenceRules,
  ...keyRules,
  ...valueRules,
  ...imageRules,
  ...combinationRules,
  ...environmentRules,
  ...startingRules,
];

/** What a release is checked for. */
export type CheckContext = Pick<Checked, "scope" | "rollback" | "podman">;

/** What can be known to be wrong with units before any host reads them, as far as no comment silences it. */
export function checkUnits(
  files: readonly File[],
  services: readonly Service[],
  context: CheckContext,
): readonly Finding[] {
  const checked: Checked = { ...context, files: files.map(checkedFile), services };
  const silenced = new Map(checked.files.map((file) => [file, silencedIn(file.content)]));
  return rules.flatMap((rule) =>
    rule.find(checked).flatMap(({ file, entry, message, remedy }): Finding[] => {
      const whole = checked.files.find((one) => one.place === file.place && one.path === file.path);
      // What cannot work is no matter of taste.
      const silent =
        rule.severity !== "error" && whole && silenced.get(whole)?.(rule.id, entry?.line);
      if (silent) return [];
      return [
        {
          rule: rule.id,
          severity: rule.severity,
          source: file.source,
          path: inRelease(file),
          ...(entry === undefined ? {} : { line: entry.line }),
          message,
          remedy,
        },
      ];
    }),
  );
}

/** A finding as an error of the check. */
export function errorOf({ source, line, message, remedy }: Finding): DeployError {
  return new DeployError({
    phase: "check",
    object: source,
    location: { file: source, ...(line === undefined ? {} : { line }) },
    cause: message,
    remedy,
  });
}

function checkedFile(file: File): CheckedFile {
  const owner = dropInOwner(file.path);
  const kind = file.place === "quadlet" ? kindOf(owner ?? file.path) : undefined;
  return {
    ...file,
    unit: parseUnitFile(file.content),
    dropIn: owner !== undefined,
    ...(kind === undefined ? {} : { kind }),
  };
}
