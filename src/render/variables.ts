import { DeployError } from "../errors.js";
import type { Content } from "../settings/settings.js";
import { loadYaml } from "./jinja/load-yaml.js";

/** Values by name, as `render` takes them. */
export type Variables = Readonly<Record<string, unknown>>;

/** @throws {DeployError} phase `render`, where `variables` is not a mapping */
export function givenVariables(yaml: string): Variables {
  const refuse = (cause: string, error?: unknown) =>
    new DeployError({
      phase: "render",
      object: "variables",
      cause,
      remedy: "Write `name: value` lines.",
      error,
    });
  let value: unknown;
  try {
    value = loadYaml(yaml);
  } catch (error) {
    throw refuse(`is not YAML: ${(error as Error).message.split("\n")[0]}`, error);
  }
  if (value === null) return {};
  if (!(value instanceof Map)) throw refuse("is not a YAML mapping");
  return Object.fromEntries([...value].map(([name, given]) => [String(name), given]));
}

/**
 * What templates know: the tool's own names are the weakest, then those of the inventory, then
 * `variables`, as with Ansible's `-e`, and then the options for images.
 *
 * @throws {DeployError} phase `render`, for names that the deploy itself has to know
 */
export function templateVariables(content: Content, ofHost: Variables): Variables {
  const given = givenVariables(content.variables);
  for (const [name, option] of [
    ["quadlet_dir", "quadlet-dir"],
    ["app_directory", "app-directory"],
  ] as const) {
    const where = Object.hasOwn(given, name)
      ? `variables: ${name}`
      : Object.hasOwn(ofHost, name)
        ? `inventory: ${name}`
        : undefined;
    if (where === undefined) continue;
    throw new DeployError({
      phase: "render",
      object: where,
      cause: "the deploy itself has to know this directory",
      remedy: `Set the option \`${option}\` instead; templates read it as \`${name}\`.`,
    });
  }
  return {
    ansible_managed: "Ansible managed",
    app: content.app,
    environment: content.environment,
    scope: content.scope,
    ...(content.serviceUser === undefined ? {} : { service_user: content.serviceUser }),
    quadlet_dir: content.quadletDir,
    app_directory: content.appDirectory,
    ...ofHost,
    ...given,
    ...(content.imageTag === undefined ? {} : { image_tag: content.imageTag }),
    ...(content.imageName === undefined ? {} : { image_name: content.imageName }),
    ...(content.registry === undefined ? {} : { registry: content.registry }),
  };
}
